public import CoreGRPC
public import Tracing

#if !Programs && !Tracing
  #error("add traits: [\"Tracing\"] to the dependency on swift-coregrpc in Package.swift")
#endif

/// Makes a span for each call that a server's handler gets, with swift-distributed-tracing.
///
/// ```swift
/// let server = Server(services: [GreeterService()], interceptors: [TracingServerInterceptor()])
/// ```
///
/// The span continues the client's trace, whose context the tracer reads from the metadata. The handler, the response's
/// producer and their child tasks run in the span's context: calls that they make with a ``TracingClientInterceptor``,
/// and spans of their own, are its children.
///
/// The span ends with the call, whatever ends it. A handler that still runs when its call was cancelled does not keep
/// its span open. Calls that are refused before any interceptor sees them have no span.
///
/// Make it the first interceptor, so that the span covers the others, too.
public struct TracingServerInterceptor: ServerInterceptor {
  private let tracer: (any Tracer)?
  private let metadataKeys: MetadataKeys

  /// Creates an interceptor.
  ///
  /// - Parameters:
  ///   - tracer: The tracer. Defaults to the one that `InstrumentationSystem` has at the time of a call.
  ///   - requestMetadataKeys: The keys of the client's metadata whose values become attributes. Defaults to none:
  ///     metadata may be secret.
  ///   - responseMetadataKeys: The keys of the metadata before the response whose values become attributes.
  public init(
    tracer: (any Tracer)? = nil,
    requestMetadataKeys: Set<String> = [],
    responseMetadataKeys: Set<String> = []
  ) {
    self.tracer = tracer
    metadataKeys = MetadataKeys(request: requestMetadataKeys, response: responseMetadataKeys)
  }

  /// Serves a call in the context of its span.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - context: The call's context.
  ///   - next: Passes the request on.
  /// - Returns: The response of `next`.
  /// - Throws: The error of `next`.
  public func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    let tracer = tracer ?? InstrumentationSystem.tracer
    var parent = ServiceContext.current ?? .topLevel
    tracer.extract(request.metadata, into: &parent, using: MetadataCarrier())
    let span = tracer.startSpan(context.descriptor.fullyQualifiedMethod, context: parent, ofKind: .server)
    span.updateAttributes { attributes in
      attributes.set(context.descriptor)
      attributes.set(peer: context.remotePeer)
      metadataKeys.setRequest(request.metadata, in: &attributes)
    }
    let endsWithCall = context.onEnd { call in span.end(with: call.code, isFailure: call.code.isServersFailure) }
    do {
      let response = try await ServiceContext.withValue(span.context) { try await next(request, context) }
      metadataKeys.setResponse(response.metadata, on: span)
      if !endsWithCall { span.end(with: .ok, isFailure: false) }
      return response
    } catch {
      if !endsWithCall {
        let code = Status.Code(thrown: error)
        span.end(with: code, isFailure: code.isServersFailure)
      }
      throw error
    }
  }
}
