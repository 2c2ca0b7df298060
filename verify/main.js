// The action that verifies: the one bundle, told which action it is.
process.argv.splice(2, 0, 'verify');
await import('../dist/index.js');
