// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec KERNEL INITRD: start that kernel with this one's command line, at once.
 * kexec -p KERNEL INITRD WORDS: load it for the moment of a crash, with this
 * one's command line and WORDS, and go on.
 * (Debian's kexec-tools would make the machine it is installed on reboot that way.)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

static int read_cmdline(char *text, size_t size)
{
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t n = read(fd, text, size - 1);

	if (n <= 0)
		return -1;
	text[n] = 0;
	text[strcspn(text, "\n")] = 0;
	return 0;
}

int main(int argc, char **argv)
{
	int on_crash = argc == 5 && !strcmp(argv[1], "-p");
	char ours[2048], cmdline[4096];
	int kernel, initrd;

	if (argc != 3 && !on_crash) {
		fprintf(stderr, "usage: kexec [-p] KERNEL INITRD [WORDS]\n");
		return 2;
	}
	kernel = open(argv[1 + on_crash], O_RDONLY);
	initrd = open(argv[2 + on_crash], O_RDONLY);
	if (kernel < 0 || initrd < 0 || read_cmdline(ours, sizeof(ours))) {
		perror("kexec");
		return 1;
	}
	snprintf(cmdline, sizeof(cmdline), "%s%s%s", ours, on_crash ? " " : "", on_crash ? argv[4] : "");
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(cmdline) + 1, cmdline,
		    on_crash ? (unsigned long)KEXEC_FILE_ON_CRASH : 0UL)) {
		perror("kexec_file_load");
		return 1;
	}
	if (on_crash)
		return 0;
	sync();
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
	perror("reboot");
	return 1;
}
