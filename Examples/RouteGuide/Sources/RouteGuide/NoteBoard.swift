import CoreGRPC

/// The notes of all clients, by place.
actor NoteBoard {
  /// A server that strangers can reach must not keep all that they send.
  private static let maximum = 10_000

  private var notes: [Routeguide_Point: [Routeguide_RouteNote]] = [:]
  private var count = 0

  /// Adds a note.
  ///
  /// - Returns: The notes at the same place before it.
  /// - Throws: An error for the client, when the board is full.
  func add(_ note: Routeguide_RouteNote) throws(RPCError) -> [Routeguide_RouteNote] {
    guard count < Self.maximum else { throw RPCError(code: .resourceExhausted, message: "the note board is full") }
    let place = note.location ?? Routeguide_Point()
    let earlier = notes[place] ?? []
    notes[place] = earlier + [note]
    count += 1
    return earlier
  }
}
