namespace Tidings.Browser.Tests;

/// <summary>A script of the test threw.</summary>
public sealed class ScriptException(string message) : Exception(message);
