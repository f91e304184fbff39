import CGRPC

extension AuthContext {
  /// The other end, for authorization policies: see `EvaluateArgs` and `AuthenticatedAuthorizationMatcher` of C-core.
  var authorizationPeer: AuthorizationPolicy.Peer {
    let types = values(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME)
    guard types == [GRPC_SSL_TRANSPORT_SECURITY_TYPE] || types == [GRPC_TLS_TRANSPORT_SECURITY_TYPE] else {
      return .unauthenticated
    }
    let subjects = values(GRPC_X509_SUBJECT_PROPERTY_NAME)
    return .tls(
      uris: values(GRPC_PEER_URI_PROPERTY_NAME),
      dnsNames: values(GRPC_PEER_DNS_PROPERTY_NAME),
      subject: subjects.count == 1 ? subjects[0] : ""
    )
  }
}
