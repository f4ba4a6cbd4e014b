package data

import (
	"path"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// fileNames finds the files that a CSV names. A name that is no file's may be one written in another way: with ./ or
// backslashes, or with accents composed differently, as macOS does in the names of files.
type fileNames struct {
	exact map[string]bool
	other map[string]string // file by its plain form
}

func newFileNames(files []string) *fileNames {
	f := &fileNames{make(map[string]bool, len(files)), make(map[string]string, len(files))}
	for _, name := range files {
		f.exact[name] = true
		f.other[plainName(name)] = name
	}
	return f
}

// find returns the file of a name, "" if there is none.
func (f *fileNames) find(name string) string {
	if f.exact[name] {
		return name
	}
	return f.other[plainName(name)]
}

// plainName returns the form in which names of one file are the same.
func plainName(name string) string {
	return norm.NFC.String(path.Clean(strings.ReplaceAll(name, `\`, "/")))
}
