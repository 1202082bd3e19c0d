namespace Tidings;

/// <summary>
/// The id of an event as the client sees it and sends it back in <c>Last-Event-ID</c> (WHATWG HTML 9.2.6).
/// A value that could end its line, forge another field or be ignored by the client cannot be constructed.
/// </summary>
/// <remarks>Immutable; safe for use from several threads.</remarks>
public readonly record struct SseId
{
    /// <summary>The longest id, in UTF-8 bytes: 255.</summary>
    public const int MaxBytes = FieldText.MaxBytes;

    private readonly string? _value;

    private SseId(string value) => _value = value;

    /// <summary>The id as the client sees it; empty only for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>Makes an id of <paramref name="text"/>.</summary>
    /// <exception cref="FormatException">The text is empty, longer than <see cref="MaxBytes"/>, or holds a control or format character.</exception>
    public static SseId Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return FieldText.Complaint(text) is { } complaint
            ? throw new FormatException($"An event id {complaint}")
            : new SseId(text);
    }

    /// <summary>Makes an id of <paramref name="text"/>, or says by <see langword="false"/> that it cannot be one.</summary>
    public static bool TryParse([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] string? text, out SseId id)
    {
        bool valid = text is not null && FieldText.Complaint(text) is null;
        id = valid ? new SseId(text!) : default; // valid implies not null
        return valid;
    }

    /// <summary>The id as the client sees it.</summary>
    public override string ToString() => Value;
}
