// The action that publishes: the one bundle, told which action it is.
process.argv.splice(2, 0, 'publish');
await import('../dist/index.js');
