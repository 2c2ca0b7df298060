export interface UploadedArtifact {
  readonly name: string;
  readonly id: string;
  readonly url: string;
  readonly sha256: string;
}

/** The workflow run's artifact store. Throws what the service said. */
export interface Artifacts {
  /** One file, un-zipped: the artifact has its name and its digest. */
  uploadFile(path: string, retentionDays: number): Promise<UploadedArtifact>;
  uploadArchive(
    name: string,
    files: readonly string[],
    root: string,
    retentionDays: number,
  ): Promise<UploadedArtifact>;
}
