package artifact_test

import (
	"archive/zip"
	"bytes"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/artifact"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// zipped is a zip with one file.
func zipped(t *testing.T, name string, content []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	file, err := archive.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func here() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}

func TestCode(t *testing.T) {
	t.Parallel()
	own, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.Clone(own)
	const machineField = 18 // of an ELF header; 243 is RISC-V
	other[machineField] = 243
	s3 := map[string][]byte{
		"code/good": zipped(t, "bootstrap", own), "code/other": zipped(t, "bootstrap", other), "code/text": zipped(t, "bootstrap", []byte("#!/bin/sh\n")),
		"code/empty": zipped(t, "main.py", nil), "code/nozip": []byte("hello"),
	}
	shelf := artifact.Shelf{Folder: t.TempDir(), Object: func(bucket, key string) ([]byte, error) {
		if body, found := s3[bucket+"/"+key]; found {
			return body, nil
		}
		return nil, &awsapi.Error{Status: http.StatusNotFound, Code: "NoSuchKey", Message: "The specified key does not exist."}
	}}
	wrong := map[string]string{"arm64": "x86_64", "x86_64": "arm64"}[here()]
	for address, want := range map[string]string{
		"s3://code/text": "its bootstrap is no executable", "s3://code/empty": "holds no file bootstrap", "s3://code/nozip": "Could not unzip",
		"s3://code/none": "NoSuchKey", "./folder": "is no object of S3", "s3://code": "is no object of S3",
	} {
		if _, err := shelf.Fetch(address, here()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
	if _, err := shelf.Fetch("s3://code/good", wrong); err == nil || !strings.Contains(err.Error(), "Architectures say "+wrong) {
		t.Errorf("the wrong architecture: %v", err)
	}
	if runtime.GOOS == "linux" {
		if _, err := shelf.Fetch("s3://code/other", here()); err == nil || !strings.Contains(err.Error(), "it cannot run here") {
			t.Errorf("another machine's: %v", err)
		}
	}
	if _, err := shelf.Known("s3://code/good"); err == nil {
		t.Error("what was refused is known")
	}
	path, err := shelf.Fetch("s3://code/good", here())
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o755 || info.Size() != int64(len(own)) {
		t.Errorf("%v, %v", info, err)
	}
	delete(s3, "code/good")
	if again, err := shelf.Fetch("s3://code/good", here()); err != nil || again != path {
		t.Errorf("after S3 has lost it: %s, %v", again, err)
	}
	if known, err := (artifact.Shelf{Folder: shelf.Folder}).Known("s3://code/good"); err != nil || known != path {
		t.Errorf("after a restart: %s, %v", known, err)
	}
}
