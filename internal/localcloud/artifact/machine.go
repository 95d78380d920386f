package artifact

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// check refuses a bootstrap that cannot run here, or that is not what the function says it is.
func check(path, architecture string) error {
	system, processor, err := machine(path)
	if err != nil {
		return err
	}
	here := processorOf(runtime.GOARCH)
	switch {
	case system != runtime.GOOS || processor != here:
		return fmt.Errorf("its bootstrap is built for %s on %s, and this machine is %s on %s: it cannot run here. "+
			"Build with GOOS=%s GOARCH=%s and deploy with Architecture=%s, as make deploy-local does",
			system, processor, runtime.GOOS, here, runtime.GOOS, runtime.GOARCH, here)
	case processor != architecture:
		return fmt.Errorf("its bootstrap is built for %s, but the function's Architectures say %s", processor, architecture)
	}
	return nil
}

// machine tells which system and which processor an executable is for.
func machine(path string) (system, processor string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", "", err
	}
	defer file.Close()
	magic := make([]byte, len(elf.ELFMAG))
	if _, err := io.ReadFull(file, magic); err != nil {
		return "", "", errors.New("its bootstrap is no executable")
	}
	if bytes.Equal(magic, []byte(elf.ELFMAG)) {
		read, err := elf.NewFile(file)
		if err != nil {
			return "", "", fmt.Errorf("its bootstrap is no executable: %w", err)
		}
		return "linux", map[elf.Machine]string{elf.EM_AARCH64: "arm64", elf.EM_X86_64: "x86_64"}[read.Machine], nil
	}
	read, err := macho.NewFile(file)
	if err != nil {
		return "", "", errors.New("its bootstrap is no executable")
	}
	return "darwin", map[macho.Cpu]string{macho.CpuArm64: "arm64", macho.CpuAmd64: "x86_64"}[read.Cpu], nil
}

// processorOf is Lambda's name of a processor that Go knows.
func processorOf(goarch string) string {
	if goarch == "amd64" {
		return "x86_64"
	}
	return goarch
}
