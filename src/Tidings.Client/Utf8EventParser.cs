namespace Tidings.Client;

/// <summary>Turns the bytes of one event into a value. Called on the reader's own flow, once for each event, in their order.</summary>
/// <typeparam name="T">What the reader receives.</typeparam>
/// <param name="e">The event; its spans must not be kept.</param>
public delegate T Utf8EventParser<out T>(in Utf8Event e);
