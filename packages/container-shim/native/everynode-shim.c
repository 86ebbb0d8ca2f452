/*
 * Holds one container of the process runtime, and outlives the agent that started it.
 *
 *   everynode-shim run                starts the container that fd 3 describes, and stays until it has ended
 *   everynode-shim exec               runs a command in the namespaces of a container that fd 3 describes
 *   everynode-shim tmpfs DIR B        mounts a file system in memory of B bytes at DIR; 0: without a limit
 *   everynode-shim bind ROOT SUB DIR  shows what is at SUB below ROOT at DIR too
 *   everynode-shim unmount DIR        unmounts what is mounted at DIR
 *   everynode-shim remove-cgroup DIR… kills what is in a cgroup, and removes its folders
 *   everynode-shim pause              does nothing, as the first process of the sandbox of a pod
 *
 * What fd 3 has is a row of words, each ended by a NUL: a name and its values, as often as wanted, and at last `end`.
 * A description without its end is not carried out: the agent died while it wrote. See src/shim-words.ts.
 *
 * `run` writes into the folder of the run: `run` (who holds it; made once, by link), `started`, `exit`; each is there
 * whole or not at all. `control` is a FIFO that takes `signal N` and `kill`; `alive` is one that this process holds open
 * for writing as long as it lives, so that its end is seen by who reads. The process of the container cannot be mistaken
 * for another one: this process is its parent, and a PID that was not waited for is not used again.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

enum {
  SPEC_FD = 3,
  /* Sizes of the terminal of a command: `COLUMNS ROWS` on a line. */
  SIZE_FD = 4,
  LINE_MAX_BYTES = 16384,
  SPEC_MAX_BYTES = 8 << 20,
  PIPE_MAX_BYTES = 1 << 20,
  TERMINAL_MAX_BYTES = 64 << 10,
  CGROUP_MAX_FOLDERS = 8,
  KILLED_AT_ONCE = 256,
  RESOLVE_BENEATH_NO_MAGIC = 0x08 | 0x02,
  /* Of mount_setattr. */
  RDONLY_ATTRIBUTE = 0x01,
  RECURSIVE_FLAG = 0x8000
};

struct mount_spec {
  const char *root, *sub, *target, *options;
  int fd;
};

struct spec {
  const char *dir, *log, *cwd, *boot_id, *oom_counter;
  const char *cgroups[CGROUP_MAX_FOLDERS];
  const char *hidden;
  const char **args, **env;
  struct mount_spec *mounts;
  gid_t *groups;
  size_t n_args, n_env, n_mounts, n_groups, n_cgroups;
  long uid, gid, oom, pid, log_bytes, log_files;
  unsigned long long start_time;
  unsigned long long dropped;
  int own_pids, own_mounts, masked_proc, no_new_privileges, tty, has_end;
};

struct log {
  const char *path;
  int fd;
  long long size, max_size;
  long files;
};

struct stream {
  const char *name;
  int fd;
  size_t used;
  char line[LINE_MAX_BYTES];
};

/* Returns 0 once all is written, and -1 with errno where a part of it cannot be. */
static int put_all(int fd, const char *text, size_t size) {
  while (size > 0) {
    ssize_t n = write(fd, text, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return -1;
    text += n;
    size -= (size_t)n;
  }
  return 0;
}

static void say(int fd, const char *format, ...) {
  char text[PATH_MAX + 512];
  va_list list;
  va_start(list, format);
  int n = vsnprintf(text, sizeof text, format, list);
  va_end(list);
  if (n > 0) put_all(fd, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

/* Where a failure is said. */
static int fault_fd = 2;

/* Says what has failed, in one line, and ends; the codes are those of a shell where a program cannot be started. */
static void fail(const char *what, const char *of) {
  int error = errno;
  say(fault_fd, "%s%s%s: %s\n", what, of ? " " : "", of ? of : "", strerror(error));
  _exit(error == ENOENT ? 127 : 126);
}

static void *grown(void *list, size_t count, size_t size) {
  void *made = realloc(list, (count + 1) * size);
  if (!made) fail("allocate", NULL);
  return made;
}

/* Where the words are and how many are left. */
struct words {
  char *at, *end;
};

static const char *next_word(struct words *words) {
  if (words->at >= words->end) return NULL;
  char *word = words->at;
  words->at += strlen(word) + 1;
  return word;
}

static const char *value_of(struct words *words) {
  const char *word = next_word(words);
  if (!word) {
    errno = EINVAL;
    fail("read the description", NULL);
  }
  return word;
}

static void read_spec(struct spec *spec) {
  char *text = NULL;
  size_t used = 0, room = 0;
  for (;;) {
    if (used == room) {
      room = room ? room * 2 : 16384;
      if (room > SPEC_MAX_BYTES || !(text = realloc(text, room + 1))) {
        errno = E2BIG;
        fail("read the description", NULL);
      }
    }
    ssize_t n = read(SPEC_FD, text + used, room - used);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    used += (size_t)n;
  }
  close(SPEC_FD);
  if (!text) return;
  text[used] = 0;
  struct words words = {text, text + used};
  *spec = (struct spec){.uid = -1, .gid = -1, .oom = INT_MIN, .log_bytes = 10 << 20, .log_files = 5};
  const char *name;
  while ((name = next_word(&words))) {
    if (!strcmp(name, "end")) {
      spec->has_end = 1;
    } else if (!strcmp(name, "own-pids")) {
      spec->own_pids = 1;
    } else if (!strcmp(name, "own-mounts")) {
      spec->own_mounts = 1;
    } else if (!strcmp(name, "masked-proc")) {
      spec->masked_proc = 1;
    } else if (!strcmp(name, "tty")) {
      spec->tty = 1;
    } else if (!strcmp(name, "no-new-privileges")) {
      spec->no_new_privileges = 1;
    } else if (!strcmp(name, "arg")) {
      spec->args = grown(spec->args, spec->n_args + 1, sizeof *spec->args);
      spec->args[spec->n_args++] = value_of(&words);
      spec->args[spec->n_args] = NULL;
    } else if (!strcmp(name, "env")) {
      spec->env = grown(spec->env, spec->n_env + 1, sizeof *spec->env);
      spec->env[spec->n_env++] = value_of(&words);
      spec->env[spec->n_env] = NULL;
    } else if (!strcmp(name, "mount")) {
      spec->mounts = grown(spec->mounts, spec->n_mounts, sizeof *spec->mounts);
      struct mount_spec *mount = &spec->mounts[spec->n_mounts++];
      mount->root = value_of(&words);
      mount->sub = value_of(&words);
      mount->target = value_of(&words);
      mount->options = value_of(&words);
      mount->fd = -1;
    } else if (!strcmp(name, "group")) {
      spec->groups = grown(spec->groups, spec->n_groups, sizeof *spec->groups);
      spec->groups[spec->n_groups++] = (gid_t)strtoul(value_of(&words), NULL, 10);
    } else if (!strcmp(name, "cgroup") && spec->n_cgroups < CGROUP_MAX_FOLDERS) {
      spec->cgroups[spec->n_cgroups++] = value_of(&words);
    } else {
      const char *value = value_of(&words);
      if (!strcmp(name, "dir")) spec->dir = value;
      else if (!strcmp(name, "log")) spec->log = value;
      else if (!strcmp(name, "log-bytes")) spec->log_bytes = atol(value);
      else if (!strcmp(name, "log-files")) spec->log_files = atol(value);
      else if (!strcmp(name, "cwd")) spec->cwd = value;
      else if (!strcmp(name, "oom-counter")) spec->oom_counter = value;
      else if (!strcmp(name, "hide")) spec->hidden = value;
      else if (!strcmp(name, "boot-id")) spec->boot_id = value;
      else if (!strcmp(name, "uid")) spec->uid = atol(value);
      else if (!strcmp(name, "gid")) spec->gid = atol(value);
      else if (!strcmp(name, "oom")) spec->oom = atol(value);
      else if (!strcmp(name, "drop")) spec->dropped |= 1ull << atol(value);
      else if (!strcmp(name, "pid")) spec->pid = atol(value);
      else if (!strcmp(name, "start-time")) spec->start_time = strtoull(value, NULL, 10);
      else {
        errno = EINVAL;
        fail("understand", name);
      }
    }
  }
}

/* Field 22 of /proc/PID/stat: the name of a process may have blanks and brackets in it. */
static unsigned long long start_time_of(pid_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0) return 0;
  text[n] = 0;
  char *at = strrchr(text, ')');
  for (int field = 2; at && field < 22; field++) at = strchr(at + 1, ' ');
  return at ? strtoull(at + 1, NULL, 10) : 0;
}

/* RFC 3339 with nanoseconds, in UTC. */
static void time_text(char *text, size_t size) {
  struct timespec now;
  struct tm parts;
  char seconds[32];
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &parts);
  strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(text, size, "%s.%09ldZ", seconds, now.tv_nsec);
}

static void path_in(char *path, const char *dir, const char *name) {
  if (snprintf(path, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX) {
    errno = ENAMETOOLONG;
    fail("name", name);
  }
}

/*
 * Writes a file that is there whole or not at all. With `once` it fails with EEXIST if it is there already. Returns 0,
 * or -1 with errno; then nothing is left of the try.
 */
static int write_record(const char *dir, const char *name, const char *text, int once) {
  char path[PATH_MAX], unfinished[PATH_MAX];
  char own[64];
  snprintf(own, sizeof own, ".%s.%d", name, (int)getpid());
  path_in(path, dir, name);
  path_in(unfinished, dir, own);
  int fd = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return -1;
  int failed = put_all(fd, text, strlen(text)) || fsync(fd);
  int error = errno;
  close(fd);
  if (!failed) {
    failed = once ? link(unfinished, path) : rename(unfinished, path);
    error = errno;
  }
  if (failed || once) unlink(unfinished);
  errno = error;
  return failed ? -1 : 0;
}

/* Whether a record that could not be written can be later: a disk may have room again, a folder does not come back. */
static int may_write_later(void) {
  return errno != ENOENT && errno != ENOTDIR;
}

static int write_number(const char *path, long number) {
  char text[32];
  int n = snprintf(text, sizeof text, "%ld", number);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t written = write(fd, text, (size_t)n);
  int error = errno;
  close(fd);
  errno = error;
  return written == n ? 0 : -1;
}

/* --- what a container has of its own --- */

/* Opens what is below a root, which is not left, whatever links a container has put there. */
static int open_beneath(int root, const char *path) {
  struct { unsigned long long flags, mode, resolve; } how = {O_PATH | O_CLOEXEC, 0, RESOLVE_BENEATH_NO_MAGIC};
  return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

/*
 * Opens a path below a root. Folders that are missing are made, with the mode of the root, so that who may write to it
 * may to them (kubernetes/kubernetes pkg/kubelet/kubelet_pods.go, makeMounts). Returns -1 with errno.
 */
static int open_or_make(int root, const char *path) {
  char prefix[PATH_MAX];
  struct stat found;
  int opened = open_beneath(root, path);
  if (opened >= 0 || errno != ENOENT || fstat(root, &found)) return opened;
  if (snprintf(prefix, sizeof prefix, "%s", path) >= (int)sizeof prefix) {
    errno = ENAMETOOLONG;
    return -1;
  }
  opened = root;
  for (char *part = prefix; *part;) {
    char *end = part + strcspn(part, "/");
    char *next = end + strspn(end, "/");
    *end = 0;
    int fd = open_beneath(root, prefix);
    if (fd < 0 && errno == ENOENT) {
      mode_t masked = umask(0);
      int failed = mkdirat(opened, part, found.st_mode & 0777);
      umask(masked);
      /* Another container of the pod may have made it in the meantime. */
      if (!failed || errno == EEXIST) fd = open_beneath(root, prefix);
    }
    if (opened != root) close(opened);
    if (fd < 0) return -1;
    opened = fd;
    if (next > end) *end = '/';
    part = next;
  }
  return opened;
}

static void open_source(struct mount_spec *mount) {
  int root = open(mount->root, O_PATH | O_CLOEXEC);
  if (root < 0) fail("open", mount->root);
  mount->fd = root;
  if (!*mount->sub) return;
  mount->fd = open_or_make(root, mount->sub);
  if (mount->fd < 0) fail("open sub-path", mount->sub);
  close(root);
}

static void make_folders(const char *path) {
  char part[PATH_MAX];
  if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part) {
    errno = ENAMETOOLONG;
    fail("make", path);
  }
  for (char *at = part + 1; *at; at++) {
    if (*at != '/') continue;
    *at = 0;
    if (mkdir(part, 0755) && errno != EEXIST) fail("make", part);
    *at = '/';
  }
}

/* A mount needs something to cover: a folder or a file that is not there is made, empty. */
static void make_target(const char *target, mode_t source) {
  struct stat found;
  if (!stat(target, &found)) return;
  make_folders(target);
  if (S_ISDIR(source)) {
    if (mkdir(target, 0755) && errno != EEXIST) fail("make", target);
  } else {
    int fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) fail("make", target);
    close(fd);
  }
}

static int has_option(const struct mount_spec *mount, const char *option) {
  size_t size = strlen(option);
  for (const char *at = mount->options; *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
    if (strcspn(at, ",") == size && !strncmp(at, option, size)) return 1;
  }
  return 0;
}

/* Makes one mount read-only, with what it refuses already. */
static void set_read_only(const char *target) {
  struct statvfs system;
  unsigned long flags = MS_BIND | MS_REMOUNT | MS_RDONLY;
  if (!statvfs(target, &system)) flags |= system.f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME);
  if (mount(NULL, target, NULL, flags, NULL)) fail("mount read-only", target);
}

/* Mounts what was opened, with all that is mounted below it. */
static void bind_source(const struct mount_spec *spec) {
  char source[64];
  struct stat found;
  snprintf(source, sizeof source, "/proc/self/fd/%d", spec->fd);
  if (fstat(spec->fd, &found)) fail("look at", spec->root);
  make_target(spec->target, found.st_mode);
  if (mount(source, spec->target, NULL, MS_BIND | MS_REC, NULL)) fail("mount", spec->target);
}

static void make_mount(struct mount_spec *spec) {
  bind_source(spec);
  unsigned long spread = has_option(spec, "shared") ? MS_SHARED : has_option(spec, "slave") ? MS_SLAVE : MS_PRIVATE;
  if (mount(NULL, spec->target, NULL, spread | MS_REC, NULL)) fail("set the propagation of", spec->target);
  if (has_option(spec, "ro")) set_read_only(spec->target);
  close(spec->fd);
}

/* What programs without privileges only read, and what they do not see: as in containerd with `procMount: Default`. */
static const char *const READ_ONLY[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
static const char *const MASKED[] = {
    "/proc/acpi",        "/proc/asound", "/proc/kcore",      "/proc/keys",        "/proc/latency_stats",
    "/proc/sched_debug", "/proc/scsi",   "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
    "/sys/firmware"};

/* Mounts a folder or file over itself, read-only with all that is mounted below it, where it is there. */
static void make_read_only(const char *path) {
  if (mount(path, path, NULL, MS_BIND | MS_REC, NULL)) {
    if (errno == ENOENT) return;
    fail("mount", path);
  }
  struct { unsigned long long set, clear, propagation, userns_fd; } attributes = {.set = RDONLY_ATTRIBUTE};
  if (!syscall(SYS_mount_setattr, AT_FDCWD, path, RECURSIVE_FLAG, &attributes, sizeof attributes)) return;
  /* Before Linux 5.12 it is done for one mount alone. */
  if (errno != ENOSYS) fail("mount read-only", path);
  set_read_only(path);
}

/* Mounts nothing over a folder or file, where it is there. */
static void mask(const char *path, const char *nothing) {
  struct stat found;
  if (lstat(path, &found)) {
    if (errno == ENOENT) return;
    fail("look at", path);
  }
  int failed = S_ISDIR(found.st_mode) ? mount("tmpfs", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)
                                      : mount(nothing, path, NULL, MS_BIND, NULL);
  if (failed) fail("mask", path);
}

static int is_in_sys(const char *path) {
  return !strncmp(path, "/sys", 4) && (path[4] == '/' || !path[4]);
}

static void own_mounts(struct spec *spec) {
  if (unshare(CLONE_NEWNS)) fail("make", "a mount namespace");
  /* All of them before the first mount, which may hide what another one is from. */
  for (size_t i = 0; i < spec->n_mounts; i++) open_source(&spec->mounts[i]);
  /* What the machine mounts and unmounts later is seen here, and nothing of here is seen there. */
  if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL)) fail("separate the mounts", NULL);
  int null = open("/dev/null", O_PATH | O_CLOEXEC);
  if (null < 0) fail("open", "/dev/null");
  char nothing[64];
  snprintf(nothing, sizeof nothing, "/proc/self/fd/%d", null);
  /* Before volumes are mounted: one with this folder in it shows nothing of it either. Those below are open already. */
  if (spec->hidden) mask(spec->hidden, nothing);
  /* A volume from /sys, or one that is mounted below it, is not read-only for that. */
  for (size_t i = 0; i < spec->n_mounts; i++) {
    if (!is_in_sys(spec->mounts[i].target)) make_mount(&spec->mounts[i]);
  }
  if (spec->masked_proc) make_read_only("/sys");
  for (size_t i = 0; i < spec->n_mounts; i++) {
    if (is_in_sys(spec->mounts[i].target)) make_mount(&spec->mounts[i]);
  }
  if (spec->own_pids && mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) fail("mount", "/proc");
  if (spec->masked_proc) {
    for (size_t i = 0; i < sizeof READ_ONLY / sizeof *READ_ONLY; i++) make_read_only(READ_ONLY[i]);
    for (size_t i = 0; i < sizeof MASKED / sizeof *MASKED; i++) mask(MASKED[i], nothing);
  }
  close(null);
}

/* What the program cannot get back: to do it needs a capability that may be among them. */
static void bound_capabilities(unsigned long long dropped) {
  for (int capability = 0; capability < 64; capability++) {
    if (!(dropped & (1ull << capability))) continue;
    /* What this kernel does not know no program has. */
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) && errno != EINVAL) fail("bound", "the capabilities");
  }
}

static void drop_capabilities(unsigned long long dropped) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data)) fail("read capabilities", NULL);
  for (int half = 0; half < 2; half++) {
    unsigned keep = ~(unsigned)(dropped >> (32 * half));
    data[half].effective &= keep;
    data[half].permitted &= keep;
    data[half].inheritable &= keep;
  }
  if (syscall(SYS_capset, &header, data)) fail("drop capabilities", NULL);
}

/* The last steps before the program: it is in its namespaces already. */
static void become_program(const struct spec *spec) {
  if (spec->n_groups || spec->uid >= 0 || spec->gid >= 0) {
    if (setgroups(spec->n_groups, spec->groups)) fail("set groups", NULL);
  }
  if (spec->gid >= 0 && setresgid((gid_t)spec->gid, (gid_t)spec->gid, (gid_t)spec->gid)) fail("set the group", NULL);
  if (spec->cwd && chdir(spec->cwd)) fail("chdir to cwd", spec->cwd);
  if (spec->dropped) bound_capabilities(spec->dropped);
  if (spec->uid >= 0 && setresuid((uid_t)spec->uid, (uid_t)spec->uid, (uid_t)spec->uid)) fail("set the user", NULL);
  if (spec->dropped) drop_capabilities(spec->dropped);
  if (spec->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("forbid new privileges", NULL);
  /* A change of the user has cleared it. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  static const char *no_env[] = {NULL};
  environ = (char **)(spec->env ? spec->env : no_env);
  execvp(spec->args[0], (char **)spec->args);
  fail("exec:", spec->args[0]);
}

/* What a process joins its cgroup by: in the namespaces of a container the files may be read-only. */
struct cgroup_files {
  int fds[CGROUP_MAX_FOLDERS];
};

static struct cgroup_files open_cgroup(const struct spec *spec) {
  struct cgroup_files files;
  char path[PATH_MAX];
  for (size_t i = 0; i < spec->n_cgroups; i++) {
    path_in(path, spec->cgroups[i], "cgroup.procs");
    files.fds[i] = open(path, O_WRONLY | O_CLOEXEC);
    if (files.fds[i] < 0) fail("open", path);
  }
  return files;
}

static void join_cgroup(const struct spec *spec, const struct cgroup_files *files) {
  for (size_t i = 0; i < spec->n_cgroups; i++) {
    if (put_all(files->fds[i], "0", 1)) fail("join", spec->cgroups[i]);
    close(files->fds[i]);
  }
}

/* --- the first process of a PID namespace --- */

static volatile pid_t init_child;

static void forward(int number) {
  if (init_child > 0) kill(init_child, number);
}

/* Starts the program, passes signals on to it, reaps what is left behind, and ends with what the program ended with. */
static int be_init(const struct spec *spec, int status_fd) {
  struct sigaction action = {.sa_handler = forward};
  sigset_t none;
  for (int number = 1; number < NSIG; number++) {
    if (number != SIGKILL && number != SIGSTOP && number != SIGCHLD) sigaction(number, &action, NULL);
  }
  init_child = fork();
  if (init_child < 0) fail("fork", NULL);
  if (init_child == 0) become_program(spec);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  close(fault_fd);
  close(1);
  close(2);
  for (;;) {
    int status;
    pid_t ended = wait(&status);
    if (ended < 0 && errno == EINTR) continue;
    if (ended == init_child || ended < 0) {
      put_all(status_fd, (const char *)&status, sizeof status);
      return 0;
    }
  }
}

/* --- logs --- */

static void open_log(struct log *log) {
  struct stat found;
  log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  log->size = log->fd >= 0 && !fstat(log->fd, &found) ? found.st_size : 0;
}

/* Removes the oldest rotated files: their names have the time in them, so the smallest is the oldest. */
static void drop_oldest(const struct log *log) {
  char dir[PATH_MAX];
  snprintf(dir, sizeof dir, "%s", log->path);
  char *base = strrchr(dir, '/');
  if (!base) return;
  *base++ = 0;
  size_t size = strlen(base);
  for (;;) {
    char oldest[NAME_MAX + 1] = "";
    long count = 0;
    DIR *folder = opendir(dir);
    struct dirent *entry;
    if (!folder) return;
    while ((entry = readdir(folder))) {
      if (strncmp(entry->d_name, base, size) || entry->d_name[size] != '.') continue;
      count++;
      if (!*oldest || strcmp(entry->d_name, oldest) < 0) snprintf(oldest, sizeof oldest, "%s", entry->d_name);
    }
    int is_over = count > log->files - 1;
    /* One that cannot be removed would be the oldest again. */
    int is_removed = is_over && !unlinkat(dirfd(folder), oldest, 0);
    closedir(folder);
    if (!is_removed) return;
  }
}

static void rotate(struct log *log) {
  char rotated[PATH_MAX], time_part[32];
  time_t now = time(NULL);
  struct tm parts;
  gmtime_r(&now, &parts);
  strftime(time_part, sizeof time_part, "%Y%m%d-%H%M%S", &parts);
  if (snprintf(rotated, sizeof rotated, "%s.%s", log->path, time_part) >= (int)sizeof rotated) return;
  /* Two in one second would have one name: then the file grows until the next second. */
  if (!access(rotated, F_OK) || rename(log->path, rotated)) return;
  close(log->fd);
  open_log(log);
  drop_oldest(log);
}

/* Writes one line in the format of the CRI. A disk that is full costs lines, and not the container. */
static void log_line(struct log *log, const struct stream *stream, size_t size, char tag) {
  char text[LINE_MAX_BYTES + 64], at[48];
  time_text(at, sizeof at);
  int head = snprintf(text, 64, "%s %s %c ", at, stream->name, tag);
  memcpy(text + head, stream->line, size);
  text[head + (int)size] = '\n';
  size_t all = (size_t)head + size + 1;
  if (log->size > 0 && log->size + (long long)all > log->max_size) rotate(log);
  if (log->fd < 0) open_log(log);
  if (log->fd < 0) return;
  put_all(log->fd, text, all);
  log->size += (long long)all;
}

static void log_bytes(struct log *log, struct stream *stream, const char *bytes, size_t size) {
  while (size > 0) {
    size_t room = sizeof stream->line - stream->used;
    const char *newline = memchr(bytes, '\n', size < room ? size : room);
    size_t part = newline ? (size_t)(newline - bytes) : size < room ? size : room;
    memcpy(stream->line + stream->used, bytes, part);
    stream->used += part;
    bytes += part;
    size -= part;
    if (newline) {
      bytes++;
      size--;
    } else if (stream->used < sizeof stream->line) {
      return;
    }
    log_line(log, stream, stream->used, newline ? 'F' : 'P');
    stream->used = 0;
  }
}

static void end_stream(struct log *log, struct stream *stream) {
  if (stream->used > 0) log_line(log, stream, stream->used, 'F');
  stream->used = 0;
  close(stream->fd);
  stream->fd = -1;
}

/* Reads what is there. Returns whether more may come. */
static int drain(struct log *log, struct stream *stream) {
  char bytes[LINE_MAX_BYTES];
  ssize_t n = read(stream->fd, bytes, sizeof bytes);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 1;
  if (n > 0) {
    log_bytes(log, stream, bytes, (size_t)n);
    return 1;
  }
  end_stream(log, stream);
  return 0;
}

/*
 * Reads what a container has left when nothing of it runs, and no more than a pipe can hold: a process that is not one
 * of its own may have the pipe open, and write to it for ever.
 */
static void drain_rest(struct log *log, struct stream *stream) {
  for (int i = 0; i < PIPE_MAX_BYTES / LINE_MAX_BYTES; i++) {
    if (stream->fd < 0 || poll(&(struct pollfd){stream->fd, POLLIN, 0}, 1, 0) <= 0 || !drain(log, stream)) break;
  }
  if (stream->fd >= 0) end_stream(log, stream);
}

/* --- the shim itself --- */

static void kill_children(int number) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  FILE *children = fopen(path, "re");
  int pid;
  if (!children) return;
  /* They are not waited for yet, so that their PIDs are theirs. */
  while (fscanf(children, "%d", &pid) == 1) kill(pid, number);
  fclose(children);
}

/* The processes of a cgroup, at most so many. */
static size_t members_of(const char *dir, int *pids, size_t room) {
  char path[PATH_MAX];
  size_t count = 0;
  path_in(path, dir, "cgroup.procs");
  FILE *procs = fopen(path, "re");
  if (!procs) return 0;
  /* 0 is a process that this one cannot see. */
  while (count < room && fscanf(procs, "%d", &pids[count]) == 1) count += pids[count] > 0;
  fclose(procs);
  return count;
}

/*
 * Kills what is in a cgroup, where the kernel does not do so by itself. A descriptor is of one process for good, so one
 * whose PID is still in the cgroup after it was opened is of a process in it, or of none any more.
 */
static void kill_members(const char *dir) {
  static int before[KILLED_AT_ONCE], opened[KILLED_AT_ONCE], after[KILLED_AT_ONCE];
  size_t n_before = members_of(dir, before, KILLED_AT_ONCE);
  for (size_t i = 0; i < n_before; i++) opened[i] = (int)syscall(SYS_pidfd_open, before[i], 0);
  size_t n_after = members_of(dir, after, KILLED_AT_ONCE);
  for (size_t i = 0; i < n_before; i++) {
    if (opened[i] < 0) continue;
    for (size_t k = 0; k < n_after; k++) {
      if (after[k] == before[i]) syscall(SYS_pidfd_send_signal, opened[i], SIGKILL, NULL, 0);
    }
    close(opened[i]);
  }
}

/* Kills what is in a cgroup: all at once by cgroup.kill of version 2, from Linux 5.14 on. */
static void kill_cgroup(const char *const *dirs, size_t count) {
  char path[PATH_MAX];
  for (size_t i = 0; i < count; i++) {
    path_in(path, dirs[i], "cgroup.kill");
    if (!write_number(path, 1)) return;
  }
  for (size_t i = 0; i < count; i++) kill_members(dirs[i]);
}

/* Kills what is in a cgroup until nothing is, and removes it. Returns -1 with errno where that takes too long. */
static int remove_cgroup(const char *const *dirs, size_t count) {
  int failed = 0;
  for (int tries = 0; tries < 500; tries++) {
    failed = 0;
    for (size_t i = 0; i < count; i++) {
      if (rmdir(dirs[i]) && errno != ENOENT) failed = errno;
    }
    if (!failed) return 0;
    kill_cgroup(dirs, count);
    struct timespec moment = {0, 10000000};
    nanosleep(&moment, NULL);
  }
  errno = failed;
  return -1;
}

static void kill_all(const struct spec *spec) {
  kill_cgroup(spec->cgroups, spec->n_cgroups);
  kill_children(SIGKILL);
}

/* How many processes of the cgroup the kernel has killed for memory: read before the cgroup goes. */
static long long oom_kills(const struct spec *spec) {
  char name[64];
  long long value, sum = 0;
  if (!spec->oom_counter) return 0;
  FILE *events = fopen(spec->oom_counter, "re");
  if (!events) return 0;
  while (fscanf(events, "%63s %lld", name, &value) == 2) {
    if (!strcmp(name, "oom_kill") || !strcmp(name, "oom_group_kill")) sum += value;
  }
  fclose(events);
  return sum;
}

static void obey(const struct spec *spec, pid_t child, char *text) {
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    if (!strcmp(line, "kill")) {
      kill_all(spec);
      /* A kernel need not list the children of a process, nor a machine have cgroups. */
      if (child > 0) kill(child, SIGKILL);
    } else if (!strncmp(line, "signal ", 7) && child > 0) kill(child, atoi(line + 7));
  }
}

static int open_fifo(const char *dir, const char *name) {
  char path[PATH_MAX];
  path_in(path, dir, name);
  if (mkfifo(path, 0600) && errno != EEXIST) fail("make", path);
  int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) fail("open", path);
  return fd;
}

static void write_exit(const struct spec *spec, const char *started, int status, const char *fault) {
  char at[48], text[2048];
  time_text(at, sizeof at);
  int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  int code = number ? 128 + number : WEXITSTATUS(status);
  int used = snprintf(text, sizeof text, "code %d\nsignal %d\nstartedAt %s\nfinishedAt %s\noom %d\n", code, number,
                      started, at, oom_kills(spec) > 0);
  if (*fault) snprintf(text + used, sizeof text - (size_t)used, "fault %s\n", fault);
  while (write_record(spec->dir, "exit", text, 0) && may_write_later()) {
    /* Without its exit a container would count as lost. */
    struct timespec second = {1, 0};
    nanosleep(&second, NULL);
  }
}

struct pipes {
  int out[2], err[2], fault[2], status[2];
};

/* The process that becomes the program, or the first one of its PID namespace. */
static void be_child(struct spec *spec, const struct pipes *pipes, pid_t shim) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  /* In a PID namespace of its own it sees no parent. */
  if (!spec->own_pids && getppid() != shim) _exit(126);
  setsid();
  fault_fd = pipes->fault[1];
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(null, 0);
  struct cgroup_files cgroup = open_cgroup(spec);
  join_cgroup(spec, &cgroup);
  if (spec->oom != INT_MIN && write_number("/proc/self/oom_score_adj", spec->oom)) fail("set", "oom_score_adj");
  if (spec->own_mounts) own_mounts(spec);
  dup2(pipes->out[1], 1);
  dup2(pipes->err[1], 2);
  if (spec->own_pids) _exit(be_init(spec, pipes->status[1]));
  become_program(spec);
}

/* Reads why the program could not be started; nothing once it was. */
static void read_fault(int fd, char *fault, size_t size) {
  size_t used = 0;
  ssize_t n;
  while (used < size - 1 && ((n = read(fd, fault + used, size - 1 - used)) > 0 || (n < 0 && errno == EINTR))) {
    if (n > 0) used += (size_t)n;
  }
  fault[used] = 0;
  fault[strcspn(fault, "\n")] = 0;
  close(fd);
}

/*
 * Follows the container until nothing of it is left. Returns what its program ended with. `unwritten` is the record of
 * its start where that could not be written yet.
 */
static int follow(const struct spec *spec, const struct pipes *pipes, pid_t child, int control, int signals,
                  const char *unwritten) {
  static struct stream out = {.name = "stdout"}, err = {.name = "stderr"};
  struct log log = {.path = spec->log, .max_size = spec->log_bytes, .files = spec->log_files};
  int has_ended = 0, status = 0;
  time_t tried = time(NULL);
  open_log(&log);
  out.fd = pipes->out[0];
  err.fd = pipes->err[0];
  fcntl(out.fd, F_SETFL, O_NONBLOCK);
  fcntl(err.fd, F_SETFL, O_NONBLOCK);
  for (;;) {
    struct pollfd polled[] = {{out.fd, POLLIN, 0}, {err.fd, POLLIN, 0}, {control, POLLIN, 0}, {signals, POLLIN, 0}};
    if (poll(polled, 4, has_ended ? 50 : unwritten ? 1000 : -1) < 0 && errno != EINTR) fail("poll", NULL);
    if (unwritten && time(NULL) != tried) {
      tried = time(NULL);
      if (!write_record(spec->dir, "started", unwritten, 0) || !may_write_later()) unwritten = NULL;
    }
    if (polled[0].revents) drain(&log, &out);
    if (polled[1].revents) drain(&log, &err);
    if (polled[3].revents) {
      struct signalfd_siginfo information;
      while (read(signals, &information, sizeof information) > 0) continue;
    }
    pid_t ended;
    int own;
    while ((ended = waitpid(-1, &own, WNOHANG)) > 0) {
      if (ended != child) continue;
      has_ended = 1;
      status = own;
      /* The first process of a PID namespace says what its program ended with, unless it was killed itself. */
      if (spec->own_pids && read(pipes->status[0], &own, sizeof own) == (ssize_t)sizeof own) status = own;
    }
    /* Only now: what has the PID of the child is the child. */
    if (polled[2].revents) {
      char text[512];
      ssize_t n = read(control, text, sizeof text - 1);
      if (n > 0) {
        text[n] = 0;
        obey(spec, has_ended ? 0 : child, text);
      }
    }
    if (!has_ended) continue;
    if (ended < 0 && errno == ECHILD) break;
    kill_all(spec);
  }
  drain_rest(&log, &out);
  drain_rest(&log, &err);
  return status;
}

static int run(struct spec *spec) {
  char text[512], started[48], fault[1024];
  struct pipes pipes;
  int control = open_fifo(spec->dir, "control");
  /* Never closed: who has it open for reading sees the end of this process. */
  open_fifo(spec->dir, "alive");
  pid_t shim = getpid();
  snprintf(text, sizeof text, "pid %d\nstartTime %llu\nbootId %s\n", (int)shim, start_time_of(shim), spec->boot_id);
  if (write_record(spec->dir, "run", text, 1)) fail("claim", spec->dir);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) fail("adopt processes", NULL);
  if (pipe2(pipes.out, O_CLOEXEC) || pipe2(pipes.err, O_CLOEXEC) || pipe2(pipes.fault, O_CLOEXEC) ||
      pipe2(pipes.status, O_CLOEXEC)) {
    fail("make", "pipes");
  }
  /* No signal ends this process, but for a kill; that of a child is read. */
  sigset_t set;
  sigfillset(&set);
  sigprocmask(SIG_SETMASK, &set, NULL);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  time_text(started, sizeof started);
  if (spec->own_pids && unshare(CLONE_NEWPID)) fail("make", "a PID namespace");
  pid_t child = fork();
  if (child < 0) fail("fork", NULL);
  if (child == 0) be_child(spec, &pipes, shim);
  close(pipes.out[1]);
  close(pipes.err[1]);
  close(pipes.fault[1]);
  close(pipes.status[1]);
  read_fault(pipes.fault[0], fault, sizeof fault);
  const char *unwritten = NULL;
  if (!*fault) {
    snprintf(text, sizeof text, "pid %d\nstartTime %llu\nstartedAt %s\n", (int)child, start_time_of(child), started);
    if (write_record(spec->dir, "started", text, 0) && may_write_later()) unwritten = text;
  }
  say(1, *fault ? "fault %s\n" : "started\n", fault);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd <= 2; fd++) dup2(null, fd);
  int status = follow(spec, &pipes, child, control, signals, unwritten);
  /* Who sees the end of this process finds no one to tell anything. */
  close(control);
  write_exit(spec, started, status, fault);
  /* Commands beside the container may have outlived it. What cannot be removed the agent removes later. */
  remove_cgroup(spec->cgroups, spec->n_cgroups);
  return 0;
}

/* --- the terminal of a command --- */

struct terminal {
  int master, slave;
};

static struct terminal open_terminal(const struct spec *spec) {
  struct terminal terminal = {.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  char path[64];
  if (terminal.master < 0 || grantpt(terminal.master) || unlockpt(terminal.master) ||
      ptsname_r(terminal.master, path, sizeof path)) {
    fail("make", "a terminal");
  }
  terminal.slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal.slave < 0) fail("open", path);
  /* Programs open it by its name too. */
  if (spec->uid >= 0 && fchown(terminal.slave, (uid_t)spec->uid, (gid_t)-1)) fail("give away", path);
  return terminal;
}

/* Makes the terminal that of this process, which leads a session. */
static void take_terminal(const struct terminal *terminal) {
  if (ioctl(terminal->slave, TIOCSCTTY, 0)) fail("take", "the terminal");
  for (int fd = 0; fd <= 2; fd++) dup2(terminal->slave, fd);
}

/* Bytes on their way from one descriptor to another. */
struct relay {
  int from, to;
  size_t used, sent;
  char bytes[4096];
};

/* Reads or writes what is possible now. Returns -1 once nothing more can come or go. */
static int pass_on(struct relay *relay) {
  if (relay->sent == relay->used) {
    ssize_t n = read(relay->from, relay->bytes, sizeof relay->bytes);
    if (n <= 0) return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    relay->used = (size_t)n;
    relay->sent = 0;
  }
  ssize_t n = write(relay->to, relay->bytes + relay->sent, relay->used - relay->sent);
  if (n < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
  relay->sent += (size_t)n;
  return 0;
}

/* What is waited for: room where something is on its way, else more of it. */
static struct pollfd awaited(const struct relay *relay, int is_open) {
  int has_some = relay->sent < relay->used;
  return (struct pollfd){is_open ? (has_some ? relay->to : relay->from) : -1, has_some ? POLLOUT : POLLIN, 0};
}

/* Sets the size that came last. Returns -1 once none comes any more. */
static int set_size(int master) {
  char text[512];
  ssize_t n = read(SIZE_FD, text, sizeof text - 1);
  if (n <= 0) return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
  text[n] = 0;
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    struct winsize size = {0};
    if (sscanf(line, "%hu %hu", &size.ws_col, &size.ws_row) == 2) ioctl(master, TIOCSWINSZ, &size);
  }
  return 0;
}

/*
 * Passes on what is typed and shown until the child has ended, and all that it has shown by then is passed on: no more
 * than a terminal holds, since what the child has left behind may show more for ever.
 */
static void serve_terminal(int master, pid_t child) {
  static struct relay typed, shown;
  int ended = (int)syscall(SYS_pidfd_open, child, 0);
  if (ended < 0) fail("follow", "the command");
  typed = (struct relay){.from = 0, .to = master};
  shown = (struct relay){.from = master, .to = 1};
  int may_type = 1, may_size = 1, has_ended = 0, left = TERMINAL_MAX_BYTES / sizeof shown.bytes;
  const int own[] = {0, 1, master, SIZE_FD};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) fcntl(own[i], F_SETFL, fcntl(own[i], F_GETFL) | O_NONBLOCK);
  for (;;) {
    struct pollfd polled[] = {awaited(&shown, 1),
                              awaited(&typed, may_type && !has_ended),
                              {may_size && !has_ended ? SIZE_FD : -1, POLLIN, 0},
                              {has_ended ? -1 : ended, POLLIN, 0}};
    int ready = poll(polled, 4, has_ended && shown.sent == shown.used ? 0 : -1);
    if (ready < 0 && errno != EINTR) fail("poll", NULL);
    if (ready == 0) break;
    if (has_ended && shown.sent == shown.used && left-- == 0) break;
    if (polled[0].revents && pass_on(&shown)) break;
    if (polled[1].revents && pass_on(&typed)) may_type = 0;
    if (polled[2].revents && set_size(master)) may_size = 0;
    if (polled[3].revents) has_ended = 1;
  }
  close(ended);
}

/* Runs a command beside a container, and returns its exit code. What kills this process kills the command. */
static int run_beside(struct spec *spec) {
  struct cgroup_files cgroup = open_cgroup(spec);
  struct terminal terminal = {-1, -1};
  if (spec->tty) {
    /* With a terminal there is one output. */
    dup2(1, 2);
    terminal = open_terminal(spec);
  }
  if (spec->pid > 0) {
    int process = (int)syscall(SYS_pidfd_open, (pid_t)spec->pid, 0);
    if (process < 0) fail("find", "the container");
    /* The descriptor is of one process for good, so what it is is looked at after it was opened. */
    if (start_time_of((pid_t)spec->pid) != spec->start_time) {
      errno = ESRCH;
      fail("find", "the container");
    }
    int namespaces = (spec->own_mounts ? CLONE_NEWNS : 0) | (spec->own_pids ? CLONE_NEWPID : 0);
    if (namespaces && setns(process, namespaces)) fail("enter", "the container");
    close(process);
  }
  pid_t child = fork();
  if (child < 0) fail("fork", NULL);
  if (child == 0) {
    setsid();
    if (spec->tty) take_terminal(&terminal);
    join_cgroup(spec, &cgroup);
    become_program(spec);
  }
  if (spec->tty) {
    close(terminal.slave);
    serve_terminal(terminal.master, child);
  }
  int status;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail("wait", NULL);
  }
  /* Only now: without it the kernel would hang up a command that has closed its own side, and runs on. */
  if (spec->tty) close(terminal.master);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int mount_memory(const char *dir, const char *bytes) {
  char options[96];
  int n = snprintf(options, sizeof options, "mode=0777");
  if (strtoull(bytes, NULL, 10) > 0) {
    snprintf(options + n, sizeof options - (size_t)n, ",size=%llu", strtoull(bytes, NULL, 10));
  }
  if (mount("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NODEV, options)) fail("mount", dir);
  return 0;
}

/* Shows what is below a root at another place. The sub-path does not lead out of the root, whatever links are on it. */
static int mount_beneath(const char *root, const char *sub, const char *target) {
  struct mount_spec spec = {.root = root, .sub = sub, .target = target};
  open_source(&spec);
  bind_source(&spec);
  return 0;
}

static void end_pause(int signal) {
  (void)signal;
  _exit(0);
}

/* Does nothing until it is told to end, but to wait for processes that have no parent: it may be the first process. */
static _Noreturn void hold(void) {
  struct sigaction ends = {.sa_handler = end_pause}, reaps = {.sa_handler = SIG_IGN};
  sigaction(SIGTERM, &ends, NULL);
  sigaction(SIGINT, &ends, NULL);
  /* Children of a process that ignores this are waited for by the kernel. */
  sigaction(SIGCHLD, &reaps, NULL);
  for (;;) pause();
}

int main(int argc, char **argv) {
  struct spec spec;
  const char *command = argc > 1 ? argv[1] : "";
  umask(022);
  if (!strcmp(command, "pause")) hold();
  if (!strcmp(command, "bind") && argc == 5) return mount_beneath(argv[2], argv[3], argv[4]);
  if (!strcmp(command, "tmpfs") && argc == 4) return mount_memory(argv[2], argv[3]);
  if (!strcmp(command, "unmount") && argc == 3) {
    if (umount2(argv[2], MNT_DETACH | UMOUNT_NOFOLLOW) && errno != EINVAL && errno != ENOENT) fail("unmount", argv[2]);
    return 0;
  }
  if (!strcmp(command, "remove-cgroup")) {
    if (remove_cgroup((const char *const *)argv + 2, (size_t)argc - 2)) fail("remove a cgroup", argv[2]);
    return 0;
  }
  if ((strcmp(command, "run") && strcmp(command, "exec")) || argc != 2) {
    say(2, "usage: everynode-shim run | exec | pause | bind ROOT SUB TARGET | tmpfs DIR BYTES | unmount DIR |"
           " remove-cgroup DIR...\n");
    return 2;
  }
  memset(&spec, 0, sizeof spec);
  read_spec(&spec);
  if (!spec.has_end || !spec.args) {
    say(2, "the description is not whole\n");
    return 2;
  }
  return strcmp(command, "run") ? run_beside(&spec) : run(&spec);
}
