// The action that plans: the one bundle, told which action it is.
process.argv.splice(2, 0, 'plan');
await import('../dist/index.js');
