using System.Diagnostics.CodeAnalysis;
using System.Net.ServerSentEvents;
using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>Turns what the handler of a mapped event stream returns into a result.</summary>
internal static class EventStreamHandler
{
    /// <summary>Refuses, when the app starts, a handler whose return type can never become a stream.</summary>
    [RequiresUnreferencedCode("Reads the type by reflection.")]
    public static void CheckReturnType(MethodInfo handler, string pattern)
    {
        Type type = handler.ReturnType;
        if (type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>)))
        {
            type = type.GetGenericArguments()[0];
        }

        bool canStream = type == typeof(object)
            || type == typeof(Topic)
            || typeof(IEnumerable<Topic>).IsAssignableFrom(type)
            || typeof(IResult).IsAssignableFrom(type)
            || EventTypeOf(type) is not null;
        if (!canStream)
        {
            throw new InvalidOperationException(
                $"The handler of the event stream \"{pattern}\" returns {handler.ReturnType}. It can return a Topic, several of them, an IAsyncEnumerable of events, or an IResult.");
        }
    }

    [RequiresUnreferencedCode("Reads the value by reflection.")]
    [RequiresDynamicCode("Reads the value by reflection.")]
    public static async ValueTask<object?> ToResultAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        object? returned = await next(context);
        return returned switch
        {
            null => TypedResults.NotFound(),
            IResult result => result,
            Topic topic => EventStream.Of(topic),
            IEnumerable<Topic> topics => EventStream.Of(topics),
            IAsyncEnumerable<ServerEvent> events => EventStream.Of(events),
            IAsyncEnumerable<string> texts => EventStream.Of(texts),
            IAsyncEnumerable<SseItem<string>> items => EventStream.Of(items),
            _ => FromOtherEnumerable(returned),
        };
    }

    [RequiresUnreferencedCode("Reads the value by reflection.")]
    [RequiresDynamicCode("Reads the value by reflection.")]
    private static IResult FromOtherEnumerable(object returned)
    {
        Type item = EventTypeOf(returned.GetType())
            ?? throw new InvalidOperationException($"The handler of an event stream returned {returned.GetType()}, which is no stream of events.");
        bool isSseItem = item.IsGenericType && item.GetGenericTypeDefinition() == typeof(SseItem<>);
        MethodInfo factory = typeof(EventStream).GetMethod(
            isSseItem ? nameof(EventStream.OfJsonItems) : nameof(EventStream.OfJson),
            BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!; // both exist, under these names alone
        Type value = isSseItem ? item.GetGenericArguments()[0] : item;
        return (IResult)factory.MakeGenericMethod(value).Invoke(obj: null, [returned])!; // neither returns null
    }

    /// <summary>The T of the IAsyncEnumerable of T that <paramref name="type"/> is, or null.</summary>
    [RequiresUnreferencedCode("Reads the type by reflection.")]
    private static Type? EventTypeOf(Type type)
    {
        Type? enumerable = IsAsyncEnumerable(type) ? type : Array.Find(type.GetInterfaces(), IsAsyncEnumerable);
        return enumerable?.GetGenericArguments()[0];
    }

    private static bool IsAsyncEnumerable(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>);
}
