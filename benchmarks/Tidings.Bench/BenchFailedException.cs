namespace Tidings.Bench;

/// <summary>There is nothing to measure, or nothing to measure it with. The message is for people.</summary>
internal sealed class BenchFailedException(string message) : Exception(message);
