using Tidings.Benchmarks;

switch (args)
{
    case ["decoder"]:
        await DecoderBenchmark.RunAsync(Console.Out);
        return 0;
    case ["log", .. var rest]:
        await LogBenchmark.RunAsync(Console.Out, rest);
        return 0;
    case ["match"]:
        await MatchBenchmark.RunAsync(Console.Out);
        return 0;
    case ["presence"]:
        await PresenceBenchmark.RunAsync(Console.Out);
        return 0;
    default:
        await Console.Error.WriteLineAsync("Which benchmark? One of: decoder, log [durable] [replay] [start], match, presence");
        return 2;
}
