// Package enum reads the enumerations of configuration files: named strings with a fixed list of choices.
package enum

import (
	"encoding"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// Parse sets value to the choice that text names. name is the key, for the error if text is not a choice.
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

// Decode sets value from a YAML node. If the node is not a choice, Decode returns a yaml.TypeError with its line, so
// that the decoder continues and reports all problems at once. A plain UnmarshalText would stop at the first, without a
// line.
func Decode(value encoding.TextUnmarshaler, node *yaml.Node) error {
	if err := value.UnmarshalText([]byte(node.Value)); err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %v", node.Line, err)}}
	}
	return nil
}
