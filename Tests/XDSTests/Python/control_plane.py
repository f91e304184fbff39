"""An xDS control plane: the aggregated discovery service, with the state of the world, and load reporting.

usage: control_plane.py [ADDRESS]

Prints "running... ADDRESS", and then reads configurations from standard input, a JSON object in each line. The newest
one counts. Ends with standard input. Prints a line for each message of a client:

    ACK TYPE VERSION            the client has taken the resources
    NACK TYPE VERSION MESSAGE   it has refused them, and says why
    ASK TYPE NAMES              it asks for other resources than before
    LOAD CLUSTER COUNT          it has made so many calls that ended

A configuration, of which every part may be left out:

    {"services": {NAME: {"clusters": {NAME: CLUSTER}, "timeout": SECONDS, "abort": CODE, "delay": SECONDS,
                         "retry": ["unavailable"], "backoff": [SECONDS, SECONDS], "hashHeader": KEY,
                         "routes": [{"path": PATH, "cluster": NAME}]}},
     "servers": {ADDRESS: {"certificates": TLS, "deny": [PATH, ...], "faulty": true}}}

    CLUSTER: {"weight": 100, "policy": "ROUND_ROBIN", "localities": [{"priority": 0, "weight": 1, "endpoints":
              [["127.0.0.1", 50051, "HEALTHY"]]}], "certificates": TLS, "outlierDetection": {...}, "maxRequests": 10,
              "policies": [{TYPE: MESSAGE}]}, or one of other clusters, tried in turn, or of a name for DNS, both in
              place of the localities:
             {"aggregate": [CLUSTER NAME, ...]}, {"dns": [HOST, PORT]}
    TLS: {"identity": INSTANCE, "authorities": INSTANCE, "names": [NAME], "required": true}

Calls go to all clusters but those with a weight of 0. The name of a service may be one of federation
("xdstp://AUTHORITY/envoy.config.listener.v3.Listener/NAME"): then that of its routes is, too.

INSTANCE is a certificate provider of the client's bootstrap configuration. The messages in "outlierDetection" and in
"policies" are protobuf's JSON.
"""

import json
import queue
import sys
import threading
from concurrent import futures

import grpc
from envoy.config.cluster.v3 import cluster_pb2, outlier_detection_pb2
from envoy.config.core.v3 import address_pb2, base_pb2, config_source_pb2, extension_pb2
from envoy.config.endpoint.v3 import endpoint_components_pb2, endpoint_pb2
from envoy.config.listener.v3 import api_listener_pb2, listener_components_pb2, listener_pb2
from envoy.config.rbac.v3 import rbac_pb2
from envoy.config.route.v3 import route_components_pb2, route_pb2
from envoy.extensions.clusters.aggregate.v3 import cluster_pb2 as aggregate_pb2
from envoy.extensions.filters.common.fault.v3 import fault_pb2 as common_fault_pb2
from envoy.extensions.filters.http.fault.v3 import fault_pb2
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2 as rbac_filter_pb2
from envoy.extensions.filters.http.router.v3 import router_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2 as manager_pb2
from envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3 import (
    client_side_weighted_round_robin_pb2,
)
from envoy.extensions.load_balancing_policies.pick_first.v3 import pick_first_pb2
from envoy.extensions.load_balancing_policies.ring_hash.v3 import ring_hash_pb2
from envoy.extensions.load_balancing_policies.round_robin.v3 import round_robin_pb2
from envoy.extensions.load_balancing_policies.wrr_locality.v3 import wrr_locality_pb2
from envoy.extensions.transport_sockets.tls.v3 import common_pb2, tls_pb2
from envoy.service.discovery.v3 import ads_pb2_grpc, discovery_pb2
from envoy.service.load_stats.v3 import lrs_pb2, lrs_pb2_grpc
from envoy.type.matcher.v3 import path_pb2, string_pb2
from envoy.type.v3 import percent_pb2
from google.protobuf import any_pb2, duration_pb2, json_format, wrappers_pb2

PREFIX = "type.googleapis.com/envoy.config."
LISTENER = PREFIX + "listener.v3.Listener"
ROUTES = PREFIX + "route.v3.RouteConfiguration"
CLUSTER = PREFIX + "cluster.v3.Cluster"
ENDPOINTS = PREFIX + "endpoint.v3.ClusterLoadAssignment"

# In the order in which a client needs them.
TYPES = [CLUSTER, ENDPOINTS, LISTENER, ROUTES]

SERVER_LISTENER = "grpc/server?xds.resource.listening_address="

SAME_STREAM = config_source_pb2.ConfigSource(
    ads=config_source_pb2.AggregatedConfigSource(), resource_api_version=config_source_pb2.V3
)

# The messages that load-balancing policies are configured by, by the names of their types: json_format looks them up.
POLICY_MESSAGES = {
    message.DESCRIPTOR.full_name: message
    for message in [
        client_side_weighted_round_robin_pb2.ClientSideWeightedRoundRobin,
        pick_first_pb2.PickFirst,
        ring_hash_pb2.RingHash,
        round_robin_pb2.RoundRobin,
        wrr_locality_pb2.WrrLocality,
    ]
}


def packed(message):
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


def seconds(value):
    duration = duration_pb2.Duration()
    duration.FromNanoseconds(int(value * 1e9))
    return duration


def address(host, port):
    return address_pb2.Address(socket_address=address_pb2.SocketAddress(address=host, port_value=port))


def http_filter(name, message):
    return manager_pb2.HttpFilter(name=name, typed_config=packed(message))


def tls_context(tls):
    """The part of a TLS configuration that clients and servers share."""
    context = tls_pb2.CommonTlsContext()
    if "identity" in tls:
        context.tls_certificate_provider_instance.instance_name = tls["identity"]
    if "authorities" in tls:
        context.validation_context.ca_certificate_provider_instance.instance_name = tls["authorities"]
        for name in tls.get("names", []):
            context.validation_context.match_subject_alt_names.append(string_pb2.StringMatcher(exact=name))
    return context


def fault(service):
    always = percent_pb2.FractionalPercent(numerator=100)
    fault = fault_pb2.HTTPFault()
    if "abort" in service:
        fault.abort.CopyFrom(fault_pb2.FaultAbort(grpc_status=service["abort"], percentage=always))
    if "delay" in service:
        delay = common_fault_pb2.FaultDelay(fixed_delay=seconds(service["delay"]), percentage=always)
        fault.delay.CopyFrom(delay)
    return fault


def action(service, cluster):
    if cluster is None:
        weights = [
            route_components_pb2.WeightedCluster.ClusterWeight(
                name=name, weight=wrappers_pb2.UInt32Value(value=cluster.get("weight", 100))
            )
            for name, cluster in service["clusters"].items()
            if cluster.get("weight", 100) > 0
        ]
        action = route_components_pb2.RouteAction(
            weighted_clusters=route_components_pb2.WeightedCluster(clusters=weights)
        )
    else:
        action = route_components_pb2.RouteAction(cluster=cluster)
    if "timeout" in service:
        action.max_stream_duration.max_stream_duration.CopyFrom(seconds(service["timeout"]))
    if "retry" in service:
        action.retry_policy.retry_on = ",".join(service["retry"])
        action.retry_policy.num_retries.value = 3
        first, longest = service.get("backoff", [0.01, 0.05])
        action.retry_policy.retry_back_off.base_interval.CopyFrom(seconds(first))
        action.retry_policy.retry_back_off.max_interval.CopyFrom(seconds(longest))
    if "hashHeader" in service:
        action.hash_policy.add().header.header_name = service["hashHeader"]
    return action


def add_service(resources, name, service):
    filters = [http_filter("router", router_pb2.Router())]
    if "abort" in service or "delay" in service:
        filters.insert(0, http_filter("fault", fault(service)))
    routes_name = name.replace("listener.v3.Listener", "route.v3.RouteConfiguration") + "-routes"
    manager = manager_pb2.HttpConnectionManager(
        rds=manager_pb2.Rds(config_source=SAME_STREAM, route_config_name=routes_name), http_filters=filters
    )
    api = api_listener_pb2.ApiListener(api_listener=packed(manager))
    resources[LISTENER][name] = listener_pb2.Listener(name=name, api_listener=api)
    routes = [
        route_components_pb2.Route(
            match=route_components_pb2.RouteMatch(path=route["path"]), route=action(service, route["cluster"])
        )
        for route in service.get("routes", [])
    ]
    routes.append(
        route_components_pb2.Route(match=route_components_pb2.RouteMatch(prefix=""), route=action(service, None))
    )
    hosts = [route_components_pb2.VirtualHost(name="all", domains=["*"], routes=routes)]
    resources[ROUTES][routes_name] = route_pb2.RouteConfiguration(name=routes_name, virtual_hosts=hosts)
    for name, cluster in service["clusters"].items():
        add_cluster(resources, name, cluster)


def add_cluster(resources, name, settings):
    cluster = cluster_pb2.Cluster(name=name, lb_policy=settings.get("policy", "ROUND_ROBIN"))
    resources[CLUSTER][name] = cluster
    if "aggregate" in settings:
        clusters = aggregate_pb2.ClusterConfig(clusters=settings["aggregate"])
        cluster.cluster_type.name = "envoy.clusters.aggregate"
        cluster.cluster_type.typed_config.CopyFrom(packed(clusters))
        return
    if "dns" in settings:
        cluster.type = cluster_pb2.Cluster.LOGICAL_DNS
        endpoint = endpoint_components_pb2.Endpoint(address=address(*settings["dns"]))
        cluster.load_assignment.endpoints.add().lb_endpoints.add().endpoint.CopyFrom(endpoint)
        return
    cluster.type = cluster_pb2.Cluster.EDS
    cluster.eds_cluster_config.eds_config.CopyFrom(SAME_STREAM)
    cluster.eds_cluster_config.service_name = name + "-endpoints"
    cluster.lrs_server.self.CopyFrom(config_source_pb2.SelfConfigSource())
    for policy in settings.get("policies", []):
        ((kind, config),) = policy.items()
        message = json_format.ParseDict(config, POLICY_MESSAGES[kind]())
        cluster.load_balancing_policy.policies.add().typed_extension_config.CopyFrom(
            extension_pb2.TypedExtensionConfig(name=kind, typed_config=packed(message))
        )
    if "outlierDetection" in settings:
        message = json_format.ParseDict(settings["outlierDetection"], outlier_detection_pb2.OutlierDetection())
        cluster.outlier_detection.CopyFrom(message)
    if "maxRequests" in settings:
        cluster.circuit_breakers.thresholds.add().max_requests.value = settings["maxRequests"]
    if "certificates" in settings:
        context = tls_pb2.UpstreamTlsContext(common_tls_context=tls_context(settings["certificates"]))
        cluster.transport_socket.CopyFrom(
            base_pb2.TransportSocket(name="envoy.transport_sockets.tls", typed_config=packed(context))
        )
    assignment = endpoint_pb2.ClusterLoadAssignment(cluster_name=name + "-endpoints")
    for index, locality in enumerate(settings["localities"]):
        endpoints = assignment.endpoints.add()
        endpoints.locality.zone = locality.get("zone", str(index))
        endpoints.load_balancing_weight.value = locality.get("weight", 1)
        endpoints.priority = locality.get("priority", 0)
        for host, port, *health in locality["endpoints"]:
            endpoints.lb_endpoints.append(
                endpoint_components_pb2.LbEndpoint(
                    endpoint=endpoint_components_pb2.Endpoint(address=address(host, port)),
                    health_status=health[0] if health else "HEALTHY",
                )
            )
    resources[ENDPOINTS][name + "-endpoints"] = assignment


def add_server(resources, listening, server):
    filters = [http_filter("router", router_pb2.Router())]
    if "deny" in server:
        paths = [
            rbac_pb2.Permission(url_path=path_pb2.PathMatcher(path=string_pb2.StringMatcher(exact=path)))
            for path in server["deny"]
        ]
        policy = rbac_pb2.Policy(permissions=paths, principals=[rbac_pb2.Principal(any=True)])
        rules = rbac_pb2.RBAC(action=rbac_pb2.RBAC.DENY, policies={"denied": policy})
        filters.insert(0, http_filter("rbac", rbac_filter_pb2.RBAC(rules=rules)))
    route = route_components_pb2.Route(
        match=route_components_pb2.RouteMatch(prefix=""),
        non_forwarding_action=route_components_pb2.NonForwardingAction(),
    )
    hosts = [route_components_pb2.VirtualHost(name="all", domains=["*"], routes=[route])]
    manager = manager_pb2.HttpConnectionManager(
        route_config=route_pb2.RouteConfiguration(name="server", virtual_hosts=hosts), http_filters=filters
    )
    network_filter = listener_components_pb2.Filter(name="manager", typed_config=packed(manager))
    chain = listener_components_pb2.FilterChain(name="all", filters=[network_filter])
    if "certificates" in server:
        tls = server["certificates"]
        context = tls_pb2.DownstreamTlsContext(common_tls_context=tls_context(tls))
        context.require_client_certificate.value = tls.get("required", False)
        chain.transport_socket.CopyFrom(
            base_pb2.TransportSocket(name="envoy.transport_sockets.tls", typed_config=packed(context))
        )
    host, port = listening.rsplit(":", 1)
    listener = listener_pb2.Listener(
        name=SERVER_LISTENER + listening, address=address(host.strip("[]"), int(port)), default_filter_chain=chain
    )
    if server.get("faulty"):
        # gRFC A36: a listener with this is refused.
        listener.use_original_dst.value = True
    resources[LISTENER][SERVER_LISTENER + listening] = listener


def resources_of(config):
    resources = {kind: {} for kind in TYPES}
    for name, service in config.get("services", {}).items():
        add_service(resources, name, service)
    for listening, server in config.get("servers", {}).items():
        add_server(resources, listening, server)
    return resources


class State:
    """The newest resources, and the queues of the streams, which get a `None` for each change."""

    def __init__(self):
        self.lock = threading.Lock()
        self.version = 0
        self.resources = resources_of({})
        self.streams = set()

    def set(self, config):
        resources = resources_of(config)
        with self.lock:
            self.version += 1
            self.resources = resources
            for stream in self.streams:
                stream.put(None)


output_lock = threading.Lock()


def say(*words):
    with output_lock:
        print(*words, flush=True)


def short(kind):
    return kind.rsplit(".", 1)[1]


class Discovery(ads_pb2_grpc.AggregatedDiscoveryServiceServicer):
    def __init__(self, state):
        self.state = state

    def StreamAggregatedResources(self, requests, context):
        events = queue.Queue()
        asked = {}
        with self.state.lock:
            self.state.streams.add(events)

        def read():
            try:
                for request in requests:
                    events.put(request)
            except grpc.RpcError:
                pass
            events.put("end")

        threading.Thread(target=read, daemon=True).start()
        try:
            while (event := events.get()) != "end":
                if event is None:
                    for kind in TYPES:
                        if kind in asked:
                            yield self.response(kind, asked[kind])
                    continue
                kind = event.type_url
                if kind not in TYPES:
                    continue
                names = set(event.resource_names)
                if event.HasField("error_detail"):
                    say("NACK", short(kind), event.version_info or "-", event.error_detail.message.replace("\n", " "))
                elif names == asked.get(kind):
                    say("ACK", short(kind), event.version_info)
                if names != asked.get(kind):
                    asked[kind] = names
                    say("ASK", short(kind), *sorted(names))
                    yield self.response(kind, names)
        finally:
            with self.state.lock:
                self.state.streams.discard(events)

    def response(self, kind, names):
        with self.state.lock:
            version, resources = self.state.version, self.state.resources[kind]
        chosen = [packed(resource) for name, resource in resources.items() if not names or name in names]
        return discovery_pb2.DiscoveryResponse(
            version_info=str(version), type_url=kind, nonce=str(version), resources=chosen
        )


class LoadReporting(lrs_pb2_grpc.LoadReportingServiceServicer):
    def StreamLoadStats(self, requests, context):
        yield lrs_pb2.LoadStatsResponse(send_all_clusters=True, load_reporting_interval=seconds(0.2))
        for request in requests:
            for cluster in request.cluster_stats:
                count = sum(
                    locality.total_successful_requests + locality.total_error_requests
                    for locality in cluster.upstream_locality_stats
                )
                if count:
                    say("LOAD", cluster.cluster_name, count)


def main():
    listening = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:0"
    state = State()
    server = grpc.server(futures.ThreadPoolExecutor(64), options=[("grpc.so_reuseport", 0)])
    ads_pb2_grpc.add_AggregatedDiscoveryServiceServicer_to_server(Discovery(state), server)
    lrs_pb2_grpc.add_LoadReportingServiceServicer_to_server(LoadReporting(), server)
    port = server.add_insecure_port(listening)
    server.start()
    say(f"running... {listening.rsplit(':', 1)[0]}:{port}")
    for line in sys.stdin:
        if line.strip():
            state.set(json.loads(line))
            say("SET", state.version)
    server.stop(None)


if __name__ == "__main__":
    main()
