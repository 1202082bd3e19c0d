namespace Tidings.Peers.Tests;

/// <summary>An event as a client of somebody else's has it.</summary>
internal sealed record Received(string Type, string Data, string Id);
