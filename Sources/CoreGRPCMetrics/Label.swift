/// The labels of the instruments.
enum Label {
  static let serverStarted = "grpc.server.call.started"
  static let serverDuration = "grpc.server.call.duration"
  static let serverSent = "grpc.server.call.sent_total_compressed_message_size"
  static let serverReceived = "grpc.server.call.rcvd_total_compressed_message_size"
  static let clientDuration = "grpc.client.call.duration"
  static let attemptStarted = "grpc.client.attempt.started"
  static let attemptDuration = "grpc.client.attempt.duration"
  static let attemptSent = "grpc.client.attempt.sent_total_compressed_message_size"
  static let attemptReceived = "grpc.client.attempt.rcvd_total_compressed_message_size"

  static let openTelemetryServerDuration = "rpc.server.call.duration"
  static let openTelemetryClientDuration = "rpc.client.call.duration"

  // Neither convention has these.
  static let serverOpenCalls = "coregrpc.server.open_calls"
  static let serverRefusedCalls = "coregrpc.server.refused_calls"
  static let clientOpenCalls = "coregrpc.client.open_calls"

  // What the library alone can see.
  static let serverConnections = "coregrpc.server.open_connections"
  static let serverUnreleasedCalls = "coregrpc.server.unreleased_calls"
  static let serverPollerThreads = "coregrpc.server.poller_threads"
  static let serverRelievedThreads = "coregrpc.server.relieved_threads"
  static let serverHandlerThreads = "coregrpc.server.handler_threads"
  static let serverQueuedHandlers = "coregrpc.server.queued_handlers"
  static let clientPollerThreads = "coregrpc.client.poller_threads"
  static let deferredSends = "coregrpc.process.deferred_sends"
  static let coalescedSends = "coregrpc.process.coalesced_sends"
  static let droppedLogLines = "coregrpc.process.dropped_log_lines"
}

/// The keys of the instruments' dimensions, and their values of no method.
enum Dimension {
  static let method = "grpc.method"
  static let target = "grpc.target"
  static let status = "grpc.status"
  static let reason = "coregrpc.reason"
  static let otherMethod = "other"
  static let otherTarget = "other"

  static let openTelemetrySystem = "rpc.system.name"
  static let openTelemetryMethod = "rpc.method"
  static let openTelemetryStatus = "rpc.status_code"
  static let errorType = "error.type"
  static let serverAddress = "server.address"
  static let serverPort = "server.port"
  static let openTelemetryOtherMethod = "_OTHER"
}
