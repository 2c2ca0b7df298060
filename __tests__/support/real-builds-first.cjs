const { default: Sequencer } = require('@jest/test-sequencer');

/** jest's own order, but for the files that build images: one that starts last would run with nothing beside it. */
class RealBuildsFirst extends Sequencer {
  sort(tests) {
    const isReal = ({ path }) => path.includes('/e2e/real/');
    return super.sort(tests).sort((a, b) => isReal(b) - isReal(a));
  }
}

module.exports = RealBuildsFirst;
