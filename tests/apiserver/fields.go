package main

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	resv1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

// extraFields: the field selectors that clients use beyond metadata.*.
func extraFields(o runtime.Object) fields.Set {
	switch t := o.(type) {
	case *corev1.Pod:
		return fields.Set{
			"spec.nodeName":      t.Spec.NodeName,
			"spec.schedulerName": t.Spec.SchedulerName,
			"status.phase":       string(t.Status.Phase),
		}
	case *corev1.Node:
		return fields.Set{"spec.unschedulable": fmt.Sprint(t.Spec.Unschedulable)}
	case *corev1.Event:
		return fields.Set{
			"involvedObject.kind":      t.InvolvedObject.Kind,
			"involvedObject.name":      t.InvolvedObject.Name,
			"involvedObject.namespace": t.InvolvedObject.Namespace,
			"involvedObject.uid":       string(t.InvolvedObject.UID),
			"reason":                   t.Reason,
			"type":                     t.Type,
		}
	case *resv1.ResourceSlice:
		n := ""
		if t.Spec.NodeName != nil {
			n = *t.Spec.NodeName
		}
		return fields.Set{"spec.nodeName": n, "spec.driver": t.Spec.Driver}
	}
	return nil
}

func attrs(o runtime.Object) (labels.Set, fields.Set, error) {
	m, err := meta.Accessor(o)
	if err != nil {
		return nil, nil, err
	}
	f := fields.Set{"metadata.name": m.GetName(), "metadata.namespace": m.GetNamespace()}
	for k, v := range extraFields(o) {
		f[k] = v
	}
	return labels.Set(m.GetLabels()), f, nil
}
