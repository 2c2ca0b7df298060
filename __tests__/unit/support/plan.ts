import type { Content } from '../../../src/core/image/content.ts';
import { planBuild } from '../../../src/core/image/plan.ts';
import type { HostFacts } from '../../../src/model/host.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { hostFacts } from './host.ts';
import { inputsOf, type RawInputs } from './inputs.ts';

export const ownElements = '/opt/trove-image/elements';

/** The plan of these inputs on the healthy machine, or on one that differs from it. */
export const planOf = (
  raw: RawInputs = {},
  host: Partial<HostFacts> = {},
  content: Content = {},
): Plan => planBuild(inputsOf(raw), hostFacts(host), ownElements, content);
