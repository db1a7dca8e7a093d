// Renders a Helm chart as `helm template` does, as far as this project's chart goes: with Go's own
// template engine, Sprig's functions, and Helm's additions to them. Debian has no Helm, but these.
//
//	chart DIRECTORY < {"release": …, "namespace": …, "values": {…}} > {"templates/a.yaml": "…"}
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

type input struct {
	Release   string
	Namespace string
	// Complete: the defaults are the caller's to merge.
	Values map[string]interface{}
}

// What templates see of Chart.yaml; field names as Helm has them.
type metadata struct {
	Name       string
	Version    string
	AppVersion string
}

type files struct{ root string }

// Get is empty for a file that is not there, as in Helm.
func (f files) Get(name string) string {
	text, err := os.ReadFile(filepath.Join(f.root, name))
	if err != nil {
		return ""
	}
	return string(text)
}

func functions(set *template.Template) template.FuncMap {
	known := sprig.TxtFuncMap()
	// Helm takes these away: a chart must not read the environment.
	delete(known, "env")
	delete(known, "expandenv")
	known["include"] = func(name string, data interface{}) (string, error) {
		var text strings.Builder
		err := set.ExecuteTemplate(&text, name, data)
		return text.String(), err
	}
	known["required"] = func(message string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, errors.New(message)
		}
		return value, nil
	}
	known["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	known["fromYaml"] = func(text string) (map[string]interface{}, error) {
		value := map[string]interface{}{}
		err := yaml.Unmarshal([]byte(text), &value)
		return value, err
	}
	return known
}

func render(root string, given input) (map[string]string, error) {
	var chart metadata
	text, err := os.ReadFile(filepath.Join(root, "Chart.yaml"))
	if err != nil {
		return nil, err
	}
	if err := yaml.Unmarshal(text, &chart); err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(root, "templates", "*"))
	if err != nil {
		return nil, err
	}
	set := template.New("chart").Option("missingkey=zero")
	set.Funcs(functions(set))
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if _, err := set.New(name(root, path)).Parse(string(text)); err != nil {
			return nil, err
		}
	}
	data := map[string]interface{}{
		"Values": given.Values,
		"Chart":  chart,
		"Files":  files{root},
		"Release": map[string]interface{}{
			"Name": given.Release, "Namespace": given.Namespace, "Service": "Helm",
		},
	}
	rendered := map[string]string{}
	for _, path := range paths {
		// Those hold definitions only.
		if strings.HasPrefix(filepath.Base(path), "_") {
			continue
		}
		var text strings.Builder
		if err := set.ExecuteTemplate(&text, name(root, path), data); err != nil {
			return nil, err
		}
		// A value that is not there prints as this; Helm removes it.
		rendered[name(root, path)] = strings.ReplaceAll(text.String(), "<no value>", "")
	}
	return rendered, nil
}

func name(root, path string) string {
	relative, err := filepath.Rel(root, path)
	if err != nil {
		return path
	}
	return relative
}

func main() {
	var given input
	err := json.NewDecoder(os.Stdin).Decode(&given)
	if err == nil {
		var rendered map[string]string
		if rendered, err = render(os.Args[1], given); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(rendered)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
