using Tidings.Benchmarks;

switch (args)
{
    case ["decoder"]:
        await DecoderBenchmark.RunAsync(Console.Out, ContestLength.Usual);
        return 0;
    case ["decoder", "short"]:
        await DecoderBenchmark.RunAsync(Console.Out, ContestLength.Short);
        return 0;
    case ["hotpath"]:
        await HotPathBenchmark.RunAsync(Console.Out);
        return 0;
    case ["log", .. var rest]:
        await LogBenchmark.RunAsync(Console.Out, rest);
        return 0;
    case ["match"]:
        await MatchBenchmark.RunAsync(Console.Out);
        await MatchBenchmark.RunEvilAsync(Console.Out);
        return 0;
    case ["match", "index"]:
        await MatchBenchmark.RunAsync(Console.Out);
        return 0;
    case ["nodes"]:
        await NodesBenchmark.RunAsync(Console.Out);
        return 0;
    case ["presence"]:
        await PresenceBenchmark.RunAsync(Console.Out);
        return 0;
    case ["retention"]:
        await RetentionBenchmark.RunAsync(Console.Out);
        return 0;
    case ["timing"]:
        await TimingBenchmark.RunAsync(Console.Out);
        return 0;
    default:
        await Console.Error.WriteLineAsync("Which benchmark? One of: decoder [short], hotpath, log [durable] [replay] [start], match [index], nodes, presence, retention, timing");
        return 2;
}
