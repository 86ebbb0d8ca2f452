// Is the service in this container ready? Ends with 0 when it is.
const response = await fetch(`http://127.0.0.1:${process.env.EVERYNODE_HEALTH_PORT}/readyz`);
if (!response.ok) {
  console.error(await response.text());
  process.exit(1);
}
