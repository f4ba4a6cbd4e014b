package config

import (
	"errors"
	"fmt"
	"strings"

	"simgan/internal/exit"
)

// Change is a key whose value differs between two configs, with both values as YAML writes them.
type Change struct{ Key, From, To string }

func (c Change) String() string { return fmt.Sprintf("%s %s -> %s", c.Key, shown(c.From), shown(c.To)) }

func shown(value string) string {
	if value == "" {
		return `""`
	}
	return value
}

// Changes lists the keys in which the config to differs from the config from, in the order of config.yaml.
func Changes(from, to Config) (changes []Change, err error) {
	a, err := Values(from)
	if err != nil {
		return nil, err
	}
	b, err := Values(to)
	for i, v := range b {
		if v != a[i] {
			changes = append(changes, Change{Key: v.Key, From: a[i].Text, To: v.Text})
		}
	}
	return changes, err
}

// CheckResume refuses the changes that a resumed run cannot take: its checkpoints hold the weights of these networks
// and the moments of this optimizer. The exit.ErrUsage names every such key.
func CheckResume(changes []Change) error {
	var problems []error
	for _, c := range changes {
		if c.fixed() {
			problems = append(problems, fmt.Errorf("%v: cannot change in a run that has begun", c))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	problems = append(problems, errors.New("leave the key as it is, or start another run (--run)"))
	return exit.Usagef("%w", errors.Join(problems...))
}

// fixed reports whether checkpoints depend on the key's value.
func (c Change) fixed() bool {
	return strings.HasPrefix(c.Key, "refiner.") || strings.HasPrefix(c.Key, "discriminator.") ||
		c.Key == "train.optimizer" || c.Key == "train.ema" && c.From == "0"
}
