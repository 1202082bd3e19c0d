namespace Tidings.Browser.Tests;

/// <summary>A command of WebDriver BiDi failed.</summary>
/// <param name="error">The error's code, such as <c>no such frame</c>.</param>
/// <param name="message">What the browser says of it.</param>
/// <param name="innerException">The cause on this side.</param>
internal sealed class BidiException(string error, string message, Exception? innerException = null) : Exception($"{error}: {message}", innerException);
