package config

import (
	"reflect"
	"strings"

	"simgan/internal/suggest"
)

// Keys lists all config keys, in the order of config.yaml.
func Keys() (keys []string) {
	walkKeys(reflect.TypeFor[Config](), "", func(key string, _ reflect.Type) { keys = append(keys, key) })
	return keys
}

// walkKeys calls leaf for each key, sections aside.
func walkKeys(t reflect.Type, prefix string, leaf func(key string, of reflect.Type)) {
	for i := range t.NumField() {
		f := t.Field(i)
		key := prefix + f.Tag.Get("yaml")
		if f.Type.Kind() == reflect.Struct {
			walkKeys(f.Type, key+".", leaf)
		} else {
			leaf(key, t)
		}
	}
}

// unknownKey says what a field is that the named struct of a config does not have.
func unknownKey(structName, field string) string {
	prefix := ""
	walkKeys(reflect.TypeFor[Config](), "", func(key string, of reflect.Type) {
		if of.Name() == structName && prefix == "" {
			prefix = key[:strings.LastIndex(key, ".")+1]
		}
	})
	return "is no config key (simgan train --dry-run prints them all)" + suggest.Hint(prefix+field, Keys())
}
