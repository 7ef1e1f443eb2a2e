package main

import (
	"reflect"
	"strings"

	admv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	coordv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	resv1 "k8s.io/api/resource/v1"
	schedv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// kind is one built-in resource that this server stores.
type kind struct {
	gv         schema.GroupVersion
	plural     string
	singular   string
	short      []string
	namespaced bool
	status     bool
	obj, list  runtime.Object
}

// cluster and inNamespace: names are "plural singular short…".
func cluster(gv schema.GroupVersion, names string, obj, list runtime.Object) kind {
	n := strings.Fields(names)
	return kind{gv: gv, plural: n[0], singular: n[1], short: n[2:], obj: obj, list: list}
}

func inNamespace(gv schema.GroupVersion, names string, obj, list runtime.Object) kind {
	k := cluster(gv, names, obj, list)
	k.namespaced = true
	return k
}

func (k kind) withStatus() kind {
	k.status = true
	return k
}

var (
	core  = corev1.SchemeGroupVersion
	res   = resv1.SchemeGroupVersion
	apps  = appsv1.SchemeGroupVersion
	rbac  = rbacv1.SchemeGroupVersion
	adm   = admv1.SchemeGroupVersion
	kinds = []kind{
		cluster(core, "namespaces namespace ns", &corev1.Namespace{}, &corev1.NamespaceList{}).withStatus(),
		cluster(core, "nodes node no", &corev1.Node{}, &corev1.NodeList{}).withStatus(),
		inNamespace(core, "pods pod po", &corev1.Pod{}, &corev1.PodList{}).withStatus(),
		inNamespace(core, "services service svc", &corev1.Service{}, &corev1.ServiceList{}).withStatus(),
		inNamespace(core, "configmaps configmap cm", &corev1.ConfigMap{}, &corev1.ConfigMapList{}),
		inNamespace(core, "secrets secret", &corev1.Secret{}, &corev1.SecretList{}),
		inNamespace(core, "serviceaccounts serviceaccount sa", &corev1.ServiceAccount{}, &corev1.ServiceAccountList{}),
		inNamespace(core, "events event ev", &corev1.Event{}, &corev1.EventList{}),
		inNamespace(coordv1.SchemeGroupVersion, "leases lease", &coordv1.Lease{}, &coordv1.LeaseList{}),
		cluster(res, "resourceslices resourceslice", &resv1.ResourceSlice{}, &resv1.ResourceSliceList{}),
		cluster(res, "deviceclasses deviceclass", &resv1.DeviceClass{}, &resv1.DeviceClassList{}),
		inNamespace(res, "resourceclaims resourceclaim", &resv1.ResourceClaim{}, &resv1.ResourceClaimList{}).withStatus(),
		inNamespace(res, "resourceclaimtemplates resourceclaimtemplate",
			&resv1.ResourceClaimTemplate{}, &resv1.ResourceClaimTemplateList{}),
		inNamespace(batchv1.SchemeGroupVersion, "jobs job", &batchv1.Job{}, &batchv1.JobList{}).withStatus(),
		inNamespace(apps, "deployments deployment deploy", &appsv1.Deployment{}, &appsv1.DeploymentList{}).withStatus(),
		inNamespace(apps, "statefulsets statefulset sts", &appsv1.StatefulSet{}, &appsv1.StatefulSetList{}).withStatus(),
		inNamespace(apps, "daemonsets daemonset ds", &appsv1.DaemonSet{}, &appsv1.DaemonSetList{}).withStatus(),
		inNamespace(policyv1.SchemeGroupVersion, "poddisruptionbudgets poddisruptionbudget pdb",
			&policyv1.PodDisruptionBudget{}, &policyv1.PodDisruptionBudgetList{}).withStatus(),
		cluster(schedv1.SchemeGroupVersion, "priorityclasses priorityclass pc",
			&schedv1.PriorityClass{}, &schedv1.PriorityClassList{}),
		inNamespace(rbac, "roles role", &rbacv1.Role{}, &rbacv1.RoleList{}),
		inNamespace(rbac, "rolebindings rolebinding", &rbacv1.RoleBinding{}, &rbacv1.RoleBindingList{}),
		cluster(rbac, "clusterroles clusterrole", &rbacv1.ClusterRole{}, &rbacv1.ClusterRoleList{}),
		cluster(rbac, "clusterrolebindings clusterrolebinding",
			&rbacv1.ClusterRoleBinding{}, &rbacv1.ClusterRoleBindingList{}),
		cluster(adm, "validatingadmissionpolicies validatingadmissionpolicy",
			&admv1.ValidatingAdmissionPolicy{}, &admv1.ValidatingAdmissionPolicyList{}).withStatus(),
		cluster(adm, "validatingadmissionpolicybindings validatingadmissionpolicybinding",
			&admv1.ValidatingAdmissionPolicyBinding{}, &admv1.ValidatingAdmissionPolicyBindingList{}),
		cluster(adm, "mutatingadmissionpolicies mutatingadmissionpolicy",
			&admv1.MutatingAdmissionPolicy{}, &admv1.MutatingAdmissionPolicyList{}),
		cluster(adm, "mutatingadmissionpolicybindings mutatingadmissionpolicybinding",
			&admv1.MutatingAdmissionPolicyBinding{}, &admv1.MutatingAdmissionPolicyBindingList{}),
		cluster(adm, "validatingwebhookconfigurations validatingwebhookconfiguration",
			&admv1.ValidatingWebhookConfiguration{}, &admv1.ValidatingWebhookConfigurationList{}),
		cluster(adm, "mutatingwebhookconfigurations mutatingwebhookconfiguration",
			&admv1.MutatingWebhookConfiguration{}, &admv1.MutatingWebhookConfigurationList{}),
	}
)

func newOf(o runtime.Object) runtime.Object {
	return reflect.New(reflect.TypeOf(o).Elem()).Interface().(runtime.Object)
}

func fieldOf(o runtime.Object, name string) reflect.Value {
	return reflect.ValueOf(o).Elem().FieldByName(name)
}
