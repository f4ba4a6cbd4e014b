package config

import "gopkg.in/yaml.v3"

// Value is a key of a config, as a dotted path, and its value as YAML writes it.
type Value struct{ Key, Text string }

// Values lists all keys of a config in the order of config.yaml: the same keys for every config.
func Values(c Config) ([]Value, error) {
	var node yaml.Node
	if err := node.Encode(c); err != nil {
		return nil, err
	}
	return list("", &node), nil
}

func list(prefix string, mapping *yaml.Node) (values []Value) {
	for i := 0; i < len(mapping.Content); i += 2 {
		key, v := prefix+mapping.Content[i].Value, mapping.Content[i+1]
		if v.Kind == yaml.MappingNode {
			values = append(values, list(key+".", v)...)
		} else {
			values = append(values, Value{key, v.Value})
		}
	}
	return values
}
