// What bin/kolla-backup runs. In JavaScript that every Node reads: one that is too old could not even say so of a TypeScript file.
const OLDEST = 24;
const next = 'Nothing was started.';

if (Number(process.versions.node.split('.')[0]) < OLDEST) {
  console.error(
    `kolla-backup needs Node ${OLDEST} or newer, and this is ${process.version}. ${next} Type “npm ci” in its folder, which brings one along, or use the container image.`,
  );
  process.exitCode = 2;
} else {
  import('./main.ts').catch((error) => {
    // Node takes TypeScript from a folder of one's own, never from a package.
    if (error.code !== 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') throw error;
    console.error(
      `kolla-backup does not run as a package in node_modules. ${next} Run it from its own folder, or install that with: npm install --global FOLDER`,
    );
    process.exitCode = 2;
  });
}
