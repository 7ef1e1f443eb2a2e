package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/client-go/kubernetes"
)

// logREST: GET pods/NAME/log, passed on to the kubelet of the pod's node as kube-apiserver does it: the node's internal
// address, its daemonEndpoints.kubeletEndpoint.port, path /containerLogs/NAMESPACE/POD/CONTAINER, the kubelet's
// certificate not verified.
type logREST struct {
	kube      kubernetes.Interface
	transport http.RoundTripper
}

var _ rest.Connecter = logREST{}

func newLogREST(kube kubernetes.Interface) logREST {
	return logREST{kube, &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
}

func (r logREST) New() runtime.Object                               { return &corev1.Pod{} }
func (r logREST) Destroy()                                          {}
func (r logREST) ConnectMethods() []string                          { return []string{http.MethodGet} }
func (r logREST) NewConnectOptions() (runtime.Object, bool, string) { return nil, false, "" }

func (r logREST) Connect(ctx context.Context, name string, _ runtime.Object, answer rest.Responder) (
	http.Handler, error) {
	ns := request.NamespaceValue(ctx)
	pod, err := r.kube.CoreV1().Pods(ns).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	if pod.Spec.NodeName == "" {
		return nil, errors.NewBadRequest(fmt.Sprintf("pod %s has no node yet", name))
	}
	node, err := r.kube.CoreV1().Nodes().Get(ctx, pod.Spec.NodeName, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	host, err := kubeletOf(node)
	if err != nil {
		return nil, errors.NewBadRequest(err.Error())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		container := req.URL.Query().Get("container")
		if container == "" && len(pod.Spec.Containers) > 0 {
			container = pod.Spec.Containers[0].Name
		}
		to := url.URL{Scheme: "https", Host: host, Path: "/containerLogs/" + ns + "/" + name + "/" + container}
		to.RawQuery = req.URL.RawQuery
		proxy := &httputil.ReverseProxy{Transport: r.transport, FlushInterval: -1,
			Rewrite: func(p *httputil.ProxyRequest) { p.Out.URL = &to; p.Out.Host = host },
			ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) {
				answer.Error(errors.NewServiceUnavailable(err.Error()))
			}}
		proxy.ServeHTTP(w, req)
	}), nil
}

func kubeletOf(node *corev1.Node) (string, error) {
	port := int(node.Status.DaemonEndpoints.KubeletEndpoint.Port)
	for _, a := range node.Status.Addresses {
		if a.Type == corev1.NodeInternalIP && port != 0 {
			return net.JoinHostPort(a.Address, strconv.Itoa(port)), nil
		}
	}
	return "", fmt.Errorf("node %s reports no internal address with a kubelet port, so it has no logs to give", node.Name)
}
