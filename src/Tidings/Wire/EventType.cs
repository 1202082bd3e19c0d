namespace Tidings;

/// <summary>
/// The name that listeners select an event by: the <c>event</c> field of WHATWG HTML 9.2.6, Mercure's <c>type</c>.
/// A value that could end its line or forge another field cannot be constructed.
/// </summary>
/// <remarks>Immutable; safe for use from several threads. An event without a type arrives at the browser as <c>message</c>.</remarks>
public readonly record struct EventType
{
    /// <summary>The longest type, in UTF-8 bytes: 255.</summary>
    public const int MaxBytes = FieldText.MaxBytes;

    private readonly string? _value;

    private EventType(string value) => _value = value;

    /// <summary>The type as the client sees it; empty only for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>Makes a type of <paramref name="text"/>.</summary>
    /// <exception cref="FormatException">The text is empty, longer than <see cref="MaxBytes"/>, or holds a control or format character.</exception>
    public static EventType Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return FieldText.Complaint(text) is { } complaint
            ? throw new FormatException($"An event type {complaint}")
            : new EventType(text);
    }

    /// <summary>Makes a type of <paramref name="text"/>, or says by <see langword="false"/> that it cannot be one.</summary>
    public static bool TryParse([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] string? text, out EventType type)
    {
        bool valid = text is not null && FieldText.Complaint(text) is null;
        type = valid ? new EventType(text!) : default; // valid implies not null
        return valid;
    }

    /// <summary>The type as the client sees it.</summary>
    public override string ToString() => Value;
}
