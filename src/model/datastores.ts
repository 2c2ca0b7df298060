/** What a Trove knows about one datastore that runs as a container. */
export interface DatastoreDefaults {
  /** Image of the database, without tag: the guest agent adds the version. Null where the configuration names none. */
  readonly image: string | null;
  readonly backupImage: string | null;
  /** How the guest agent makes the name of the backup image of a version. */
  readonly backupName: {
    /** The minor version comes after the name of an image that is configured with a tag. */
    readonly minorSuffix: boolean;
    /** An image that is configured without a tag gets the version as its tag; else it is `latest`. */
    readonly versionTag: boolean;
  };
  /** Versions that Trove's own tools use, the default first. */
  readonly versions: readonly string[];
}

/** Trove's configuration of datastores, and where it was read, for people. */
export interface TroveDefaults {
  readonly source: string;
  readonly datastores: Readonly<Record<string, DatastoreDefaults>>;
}

/** An image to embed: pulled from `source`, known in the guest by `target`. */
export interface WantedImage {
  readonly datastore: string | null;
  readonly version: string | null;
  readonly role: 'database' | 'backup' | 'other';
  readonly source: string;
  /** As docker prints it: `mysql:8.4`. */
  readonly target: string;
}

/** A wanted image as its registry has it for the guest's architecture; digests are `sha256:…`. */
export interface ContainerImage extends WantedImage {
  /** What the source names: a list of manifests, or the manifest itself. */
  readonly digest: string;
  readonly manifestDigest: string;
  readonly configDigest: string;
  /** As the registry keeps it, compressed: layers, configuration and manifest. */
  readonly sizeBytes: number;
}

/** How registries are asked. */
export interface RegistryAccess {
  /** Registries without TLS, or whose certificate is not checked: `host` or `host:port`. */
  readonly insecure: readonly string[];
  /** Path of the file with the logins. */
  readonly authFile: string;
}
