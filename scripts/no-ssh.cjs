// Stands for ssh2 in bundles. The client of the Docker Engine loads it, for engines that are reached over SSH; agents
// reach theirs by its socket, and ssh2 has native parts that no bundle can hold.
module.exports = {};
