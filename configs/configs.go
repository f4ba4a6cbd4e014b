// Package configs holds the presets: YAML files over the defaults of trainer.Default.
package configs

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Preset is the YAML text of a preset.
func Preset(name string) ([]byte, error) {
	text, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("preset %q: there are %s", name, strings.Join(Names(), ", "))
	}
	return text, nil
}

// Names lists the presets.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}
