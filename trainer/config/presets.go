package config

import (
	"fmt"
	"strings"

	"simgan/configs"
	"simgan/internal/suggest"
)

// Preset returns the YAML text of a preset.
func Preset(name string) ([]byte, error) {
	text, err := configs.Files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("preset %q: there are %s%s", name, strings.Join(PresetNames(), ", "),
			suggest.Hint(name, PresetNames()))
	}
	return text, nil
}

// PresetNames lists the presets.
func PresetNames() []string {
	entries, err := configs.Files.ReadDir(".")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}
