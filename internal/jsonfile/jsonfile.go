// Package jsonfile writes values as JSON files.
package jsonfile

import (
	"encoding/json"

	"simgan/internal/atomicfile"
)

// Write writes v, indented, to the file, atomically. With an empty path it does nothing.
func Write(path string, v any) error {
	if path == "" {
		return nil
	}
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.Write(path, append(text, '\n'))
}
