package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"simgan/internal/exit"
	"simgan/internal/strictyaml"
)

// Load returns Default, overlaid by the preset (if named), the file (if named) and the settings key=value, in this
// order. Its error is an exit.ErrUsage and lists every problem at once, with file and line.
func Load(preset, file string, settings []string) (Config, error) {
	return load(Default(), preset, file, settings)
}

// LoadRun is Load for the config.yaml of a run. A run of an older version had no l_label and l_div, and its file lacks
// their keys: it has none now either.
func LoadRun(file string, settings []string) (Config, error) {
	older := Default()
	older.Train.Agreement, older.Train.Diversity = 0, 0
	return load(older, "", file, settings)
}

func load(c Config, preset, file string, settings []string) (Config, error) {
	var problems []error
	if preset != "" {
		text, err := Preset(preset)
		problems = append(problems, err, c.overlay("preset "+preset, text))
	}
	builtIn := c.Data
	c.Data.Synthetic, c.Data.Real, c.Data.Test = "", "", ""
	if file != "" {
		text, err := os.ReadFile(file)
		problems = append(problems, err, c.overlay(file, text))
	}
	for _, setting := range settings {
		problems = append(problems, c.set(setting))
	}
	problems = append(problems, c.Data.complete(builtIn), c.Validate())
	if err := errors.Join(problems...); err != nil {
		return c, exit.Usagef("config: %w", err)
	}
	return c, nil
}

// complete fills in the built-in sets where the user named none. It refuses a set of the user's beside a built-in one
// that nobody asked for. The built-in test images are for models of the built-in real images only.
func (d *Data) complete(builtIn Data) error {
	err := errors.Join(
		alone("data.synthetic", d.Synthetic, "data.real", d.Real, builtIn.Real),
		alone("data.real", d.Real, "data.synthetic", d.Synthetic, builtIn.Synthetic))
	d.Synthetic, d.Real = cmp.Or(d.Synthetic, builtIn.Synthetic), cmp.Or(d.Real, builtIn.Real)
	if isBuiltIn(d.Real) {
		d.Test = cmp.Or(d.Test, builtIn.Test)
	}
	return err
}

// alone refuses a set of the user's if the other one is missing.
func alone(key, spec, otherKey, other, builtIn string) error {
	if spec == "" || isBuiltIn(spec) || other != "" {
		return nil
	}
	return fmt.Errorf("%s is %s, but %s is not set and would be the built-in %s: set %[3]s, too",
		key, spec, otherKey, builtIn)
}

func isBuiltIn(spec string) bool { return strings.HasPrefix(spec, "simulated:") }

// overlay sets the keys that the YAML text has.
func (c *Config) overlay(source string, text []byte) error {
	problems := strictyaml.Decode(text, c, unknownKey)
	for i, p := range problems {
		problems[i] = fmt.Errorf("%s: %w", source, p)
	}
	return errors.Join(problems...)
}

// set applies one key=value, the key as a dotted path.
func (c *Config) set(setting string) error {
	key, value, ok := strings.Cut(setting, "=")
	if !ok {
		return fmt.Errorf("--set %s: write key=value", setting)
	}
	var text strings.Builder
	for depth, part := range strings.Split(strings.TrimSpace(key), ".") {
		fmt.Fprintf(&text, "\n%s%s:", strings.Repeat(" ", depth), part)
	}
	if !plain(value) {
		quoted, err := yaml.Marshal(&yaml.Node{Kind: yaml.ScalarNode, Style: yaml.DoubleQuotedStyle, Value: value})
		if err != nil {
			return fmt.Errorf("--set %s: %w", setting, err)
		}
		value = string(quoted)
	}
	if err := c.overlay("--set "+setting, []byte(text.String()+" "+value)); err != nil {
		return errors.New(yamlLine.ReplaceAllString(err.Error(), ""))
	}
	return nil
}

// yamlLine matches a line number of the YAML that set makes; the user wrote no such line.
var yamlLine = regexp.MustCompile(`(yaml: )?line \d+: `)

// plain reports whether YAML reads the value as it stands. A path may hold what starts a comment or a key in YAML, and
// spaces at its end.
func plain(value string) bool {
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(value), &node); err != nil || len(node.Content) != 1 {
		return false
	}
	read := node.Content[0]
	isText := read.Kind == yaml.ScalarNode && read.Style == 0 && read.Tag == "!!str"
	isBlock := read.Kind == yaml.MappingNode && read.Style != yaml.FlowStyle // such as a path that ends in a colon
	return read.LineComment == "" && node.FootComment == "" && !strings.Contains(value, ": ") && !isBlock &&
		!(isText && read.Value != value)
}
