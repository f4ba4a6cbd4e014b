// Package cluster writes the jobs of Slurm and Kubernetes. It knows no torch.
package cluster

import (
	"bytes"
	"errors"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// Threads is the number of threads that a process on a cluster asks for if nothing names one.
const Threads = 4

// Object is an object of Kubernetes.
type Object = map[string]any

var notDNS = regexp.MustCompile(`[^a-z0-9]+`)

// DNSName turns a name into one that Kubernetes accepts, with the prefix before it.
func DNSName(prefix, name string) string {
	name = strings.Trim(notDNS.ReplaceAllString(strings.ToLower(name), "-"), "-")
	name = prefix + strings.TrimPrefix(name, prefix)
	return strings.TrimSuffix(name[:min(len(name), 50)], "-")
}

// Manifest returns the objects as YAML documents, below a comment.
func Manifest(comment string, objects ...Object) ([]byte, error) {
	var text bytes.Buffer
	text.WriteString("# " + comment + "\n")
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	var problems []error
	for _, o := range objects {
		problems = append(problems, encoder.Encode(o))
	}
	err := errors.Join(append(problems, encoder.Close())...)
	return text.Bytes(), err
}
