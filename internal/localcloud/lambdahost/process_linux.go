package lambdahost

import "syscall"

// ownGroup puts a process into a group of its own, which is killed as a whole, and ties its life to that of the host.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
