package trainer

import (
	"bytes"
	"fmt"

	"github.com/google/renameio/v2"
	"gopkg.in/yaml.v3"

	"simgan/cgo"
)

// Resolve replaces auto by what this machine has; the resolved config runs the same wherever that is.
func (c *Config) Resolve() error {
	device, err := cgo.ParseDevice(c.Device)
	if err != nil {
		return err
	}
	c.Device = device.String()
	if c.Train.Precision == "auto" {
		c.Train.Precision = "float32"
		if cgo.HasBFloat16(device) {
			c.Train.Precision = "bfloat16"
		}
	}
	return nil
}

// YAML is the config as text that loads again; values that differ from the default are marked with it.
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

func (c *Config) write(path string) error {
	text, err := c.YAML()
	if err != nil {
		return err
	}
	return renameio.WriteFile(path, text, 0o644)
}
