/** Names that people give to variables that hold a secret. */
export const secretName =
  /PASS(WORD|WD|PHRASE|CODE)?(?![A-Z])|SECRET|TOKEN|CREDENTIAL|PRIVATE.?KEY|API.?KEY/i;
