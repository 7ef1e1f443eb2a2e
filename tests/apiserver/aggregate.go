package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	discoveryv2 "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints"
	"k8s.io/apiserver/pkg/endpoints/discovery"
	"k8s.io/apiserver/pkg/endpoints/discovery/aggregated"
	"k8s.io/apiserver/pkg/endpoints/request"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/transport"
	"k8s.io/kube-openapi/pkg/spec3"
)

// aggregates: -aggregate GROUP/VERSION=URL, an https backend served under /apis/GROUP/VERSION as kube-aggregator does it.
type aggregate struct {
	gv  schema.GroupVersion
	url *url.URL
}
type aggregates []aggregate

func (a *aggregates) String() string { return "" }
func (a *aggregates) Set(s string) error {
	name, to, _ := strings.Cut(s, "=")
	gv, err := schema.ParseGroupVersion(name)
	u, uerr := url.Parse(to)
	if err != nil || uerr != nil || gv.Group == "" || gv.Version == "" || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("want GROUP/VERSION=https://HOST:PORT")
	}
	*a = append(*a, aggregate{gv, u})
	return nil
}

// install proxies each group version with the caller's name in X-Remote-* headers, and keeps it listed in discovery
// and OpenAPI v3.
func (a aggregates) install(srv *genericapiserver.GenericAPIServer, tr http.RoundTripper) {
	groups := map[string]*metav1.APIGroup{}
	for _, x := range a {
		p := &httputil.ReverseProxy{Transport: tr, FlushInterval: -1,
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(x.url)
				u, _ := request.UserFrom(r.In.Context())
				transport.SetAuthProxyHeaders(r.Out, u.GetName(), u.GetUID(), u.GetGroups(), u.GetExtra())
			},
			ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
			}}
		srv.Handler.NonGoRestfulMux.Handle("/apis/"+x.gv.String(), p)
		srv.Handler.NonGoRestfulMux.UnlistedHandlePrefix("/apis/"+x.gv.String()+"/", p)
		v := metav1.GroupVersionForDiscovery{GroupVersion: x.gv.String(), Version: x.gv.Version}
		if g := groups[x.gv.Group]; g != nil {
			g.Versions = append(g.Versions, v)
		} else {
			groups[x.gv.Group] = &metav1.APIGroup{
				Name: x.gv.Group, PreferredVersion: v, Versions: []metav1.GroupVersionForDiscovery{v}}
		}
		must(srv.AddPostStartHook("aggregate-"+x.gv.String(), func(h genericapiserver.PostStartHookContext) error {
			go wait.UntilWithContext(h, x.discoverer(srv, tr), time.Second)
			return nil
		}))
	}
	for name, g := range groups {
		srv.DiscoveryGroupManager.AddGroup(*g)
		h := discovery.NewAPIGroupHandler(codecs, *g)
		srv.Handler.NonGoRestfulMux.Handle("/apis/"+name, h)
		srv.Handler.NonGoRestfulMux.UnlistedHandle("/apis/"+name+"/", h)
	}
}

// discoverer asks the backend for its resources; while it does not answer, the last known ones are listed as Stale.
func (a aggregate) discoverer(srv *genericapiserver.GenericAPIServer, tr http.RoundTripper) func(context.Context) {
	v := discoveryv2.APIVersionDiscovery{Version: a.gv.Version}
	get := func(ctx context.Context, path string, into any) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, "GET", a.url.JoinPath(path).String(), nil)
		if err != nil {
			return err
		}
		r.Header.Set("Accept", "application/json")
		transport.SetAuthProxyHeaders(r, "system:kube-aggregator", "", []string{user.SystemPrivilegedGroup}, nil)
		res, err := tr.RoundTrip(r)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", path, res.Status)
		}
		return json.NewDecoder(res.Body).Decode(into)
	}
	return func(ctx context.Context) {
		var list metav1.APIResourceList
		was := v.Freshness
		v.Freshness = discoveryv2.DiscoveryFreshnessStale
		if get(ctx, "/apis/"+a.gv.String(), &list) == nil {
			if rs, err := endpoints.ConvertGroupVersionIntoToDiscovery(list.APIResources); err == nil {
				v.Resources, v.Freshness = rs, discoveryv2.DiscoveryFreshnessCurrent
			}
		}
		back := was != v.Freshness && v.Freshness == discoveryv2.DiscoveryFreshnessCurrent
		if spec := (&spec3.OpenAPI{}); back && get(ctx, "/openapi/v3/apis/"+a.gv.String(), spec) == nil {
			srv.OpenAPIV3VersionedService.UpdateGroupVersion("apis/"+a.gv.String(), spec)
		}
		m := srv.AggregatedDiscoveryGroupManager.WithSource(aggregated.AggregatorSource)
		m.AddGroupVersion(a.gv.Group, v)
		m.SetGroupVersionPriority(metav1.GroupVersion(a.gv), 1000, 100)
	}
}
