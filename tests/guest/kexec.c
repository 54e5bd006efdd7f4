// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec KERNEL INITRD: start that kernel with this one's command line, at once.
 * (Debian's kexec-tools would make the machine it is installed on reboot that way.)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <linux/reboot.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char cmdline[2048] = "";
	int kernel, initrd, fd;
	ssize_t n;

	if (argc != 3) {
		fprintf(stderr, "usage: kexec KERNEL INITRD\n");
		return 2;
	}
	kernel = open(argv[1], O_RDONLY);
	initrd = open(argv[2], O_RDONLY);
	fd = open("/proc/cmdline", O_RDONLY);
	n = read(fd, cmdline, sizeof(cmdline) - 1);
	if (kernel < 0 || initrd < 0 || n <= 0) {
		perror("kexec");
		return 1;
	}
	cmdline[strcspn(cmdline, "\n")] = 0;
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(cmdline) + 1, cmdline, 0UL)) {
		perror("kexec_file_load");
		return 1;
	}
	sync();
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
	perror("reboot");
	return 1;
}
