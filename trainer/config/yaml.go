package config

import (
	"bytes"
	"fmt"

	"gopkg.in/yaml.v3"
)

// YAML returns the config as text that loads again. Values that differ from the default carry it in a comment.
func (c *Config) YAML() ([]byte, error) {
	var node, standard yaml.Node
	if err := node.Encode(c); err != nil {
		return nil, err
	}
	if err := standard.Encode(Default()); err != nil {
		return nil, err
	}
	mark(&node, &standard)
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	err := encoder.Encode(&node)
	return text.Bytes(), err
}

func mark(node, standard *yaml.Node) {
	for i, child := range node.Content {
		if child.Kind == yaml.ScalarNode && child.Value != standard.Content[i].Value {
			child.LineComment = fmt.Sprintf("default: %s", standard.Content[i].Value)
		}
		mark(child, standard.Content[i])
	}
}
