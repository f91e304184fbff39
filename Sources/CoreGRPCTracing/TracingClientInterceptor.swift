public import CoreGRPC
public import Tracing

/// Makes a span for each call of a channel, with swift-distributed-tracing.
///
/// ```swift
/// let channel = try Channel(target: "localhost:50051", interceptors: [TracingClientInterceptor()])
/// ```
///
/// The span is a child of the current one, if there is one. The tracer writes its context to the call's metadata, so
/// that the server's span is a child of it.
///
/// The span ends with the call, whatever ends it: also if the program does not read all messages of a stream.
///
/// Make it the first interceptor: one span then covers all attempts of an interceptor that tries again.
public struct TracingClientInterceptor: ClientInterceptor {
  private let tracer: (any Tracer)?
  private let metadataKeys: MetadataKeys

  /// Creates an interceptor.
  ///
  /// - Parameters:
  ///   - tracer: The tracer. Defaults to the one that `InstrumentationSystem` has at the time of a call.
  ///   - requestMetadataKeys: The keys of the call's metadata whose values become attributes. Defaults to none:
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

  /// Makes a call with the context of its span.
  ///
  /// - Parameters:
  ///   - request: The request, whose metadata gets the context.
  ///   - context: The call's context.
  ///   - next: Passes the request on.
  /// - Returns: The response of `next`.
  /// - Throws: The error of `next`.
  public nonisolated(nonsending) func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>,
    context: ClientContext,
    next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output> {
    let tracer = tracer ?? InstrumentationSystem.tracer
    let span = tracer.startSpan(context.descriptor.fullyQualifiedMethod, ofKind: .client)
    span.updateAttributes { attributes in
      attributes.set(context.descriptor)
      attributes.set(server: context.target)
      metadataKeys.setRequest(request.metadata, in: &attributes)
    }
    var request = request
    tracer.inject(span.context, into: &request.metadata, using: MetadataCarrier())
    let endsWithCall = context.onEnd { call in
      let peer = call.remotePeer
      span.updateAttributes { $0.set(peer: peer) }
      span.end(with: call.code, isFailure: call.code != .ok)
    }
    do {
      let response = try await ServiceContext.withValue(span.context) { try await next(request, context) }
      metadataKeys.setResponse(response.metadata, on: span)
      if !endsWithCall { span.end(with: .ok, isFailure: false) }
      return response
    } catch {
      if !endsWithCall { span.end(with: Status.Code(thrown: error), isFailure: true) }
      throw error
    }
  }
}
