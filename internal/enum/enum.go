// Package enum reads the enumerations of configuration files: named strings with a fixed list of choices.
package enum

import (
	"encoding"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// Parse sets value to the choice that text spells. name is the key's, for the error of a text that is no choice.
func Parse[T ~string](value *T, name string, text []byte, choices ...T) error {
	names := make([]string, len(choices))
	for i, c := range choices {
		if names[i] = string(c); names[i] == string(text) {
			*value = c
			return nil
		}
	}
	return fmt.Errorf("%s is %q; use %s", name, text, strings.Join(names, ", "))
}

// Decode sets value from a YAML node. A node that is no choice is a yaml.TypeError with its line, so that the decoder
// goes on and reports all problems at once; a plain UnmarshalText would end it at the first, without a line.
func Decode(value encoding.TextUnmarshaler, node *yaml.Node) error {
	if err := value.UnmarshalText([]byte(node.Value)); err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %v", node.Line, err)}}
	}
	return nil
}
