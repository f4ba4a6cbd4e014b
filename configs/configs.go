// Package configs embeds the presets: YAML files over the defaults of trainer/config.
package configs

import "embed"

// Files holds a preset per file, NAME.yaml.
//
//go:embed *.yaml
var Files embed.FS
