// Writes the fields of Argo's and Kubernetes' types that a manifest can hold, as JSON, to stdout.
//
// Per struct, in the order of the Go struct, which is the order in which Go writes JSON: name and type.
// Then, as far as there are any: flags ("o" omitempty, "z" omitzero), the key by which a list merges, the
// embedded structs in which the field lies (`ArtifactLocation`), and the name of a named list or map.
// Run it inside a checkout of argo-workflows: go run ./argo_fields >fields.json
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"sort"
	"strings"

	wfv1 "github.com/argoproj/argo-workflows/v4/pkg/apis/workflow/v1alpha1"
	apiv1 "k8s.io/api/core/v1"
)

var structs = map[string][][]string{}
var seen = map[reflect.Type]bool{}

var marshaler = reflect.TypeFor[json.Unmarshaler]()

// types that read and write JSON in their own way; the reader knows them by name
func isSpecial(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(marshaler)
}

func name(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + name(t.Elem())
	case reflect.Slice:
		if isSpecial(t) {
			return t.String()
		}
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		if isSpecial(t.Elem()) && t.Elem().Name() == "ParallelSteps" {
			visit(reflect.TypeFor[wfv1.WorkflowStep]())
		}
		return "[]" + name(t.Elem())
	case reflect.Map:
		return "{}" + name(t.Elem())
	case reflect.Struct:
		if isSpecial(t) {
			return t.String()
		}
		visit(t)
		return t.String()
	case reflect.Interface:
		return "any"
	}
	if isSpecial(t) {
		return t.String()
	}
	if t.PkgPath() != "" {
		return t.Kind().String() + "=" + t.String()
	}
	return t.String()
}

func visit(t reflect.Type) {
	if seen[t] {
		return
	}
	seen[t] = true
	structs[t.String()] = fields(t, "")
}

func fields(t reflect.Type, within string) [][]string {
	result := [][]string{}
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		tag := strings.Split(f.Tag.Get("json"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if f.Anonymous && tag[0] == "" && inner.Kind() == reflect.Struct {
			result = append(result, fields(inner, strings.TrimPrefix(within+"."+f.Name, "."))...)
			continue
		}
		if f.PkgPath != "" || tag[0] == "-" || tag[0] == "" {
			continue
		}
		flags := ""
		for _, option := range tag[1:] {
			switch option {
			case "omitempty":
				flags += "o"
			case "omitzero":
				flags += "z"
			}
		}
		key := ""
		if strings.Contains(f.Tag.Get("patchStrategy"), "merge") {
			key = f.Tag.Get("patchMergeKey")
		}
		goName := ""
		if kind := f.Type.Kind(); (kind == reflect.Map || kind == reflect.Slice) && f.Type.Name() != "" {
			goName = f.Type.String()
		}
		row := []string{tag[0], name(f.Type), flags, key, within, goName}
		for row[len(row)-1] == "" {
			row = row[:len(row)-1]
		}
		result = append(result, row)
	}
	return result
}

func main() {
	for _, root := range []any{wfv1.Workflow{}, wfv1.WorkflowTemplate{}, wfv1.ClusterWorkflowTemplate{}, wfv1.CronWorkflow{},
		apiv1.ConfigMap{}, apiv1.PodSpec{}, wfv1.WorkflowStep{}} {
		visit(reflect.TypeOf(root))
	}
	names := []string{}
	for n := range structs {
		names = append(names, n)
	}
	sort.Strings(names)
	out := os.Stdout
	out.WriteString("{\n")
	for i, n := range names {
		b, _ := json.Marshal(structs[n])
		out.WriteString(`"` + n + `":` + string(b))
		if i < len(names)-1 {
			out.WriteString(",")
		}
		out.WriteString("\n")
	}
	out.WriteString("}\n")
}
