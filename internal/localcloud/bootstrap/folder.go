package bootstrap

import (
	"fmt"
	"strings"
)

// Folder is the folder below functions/ that a function is built from, as the Makefile's text says for its logical id.
func Folder(makefile, logicalID string) (string, error) {
	_, folder, found := strings.Cut("\n"+makefile, "\nbuild-"+logicalID+": FOLDER := ")
	if !found {
		return "", fmt.Errorf("the Makefile does not say what %s is built from: it has no line build-%s: FOLDER := …", logicalID, logicalID)
	}
	folder, _, _ = strings.Cut(folder, "\n")
	return strings.TrimSpace(folder), nil
}
