/** The emoji codes that operators' bots commonly use. An unknown code is shown as it was written. */
const TABLE = `
white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎|warning ⚠️
rotating_light 🚨|no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑|stop_sign 🛑|fire 🔥|boom 💥|zap ⚡|bell 🔔|no_bell 🔕
hourglass ⌛|hourglass_flowing_sand ⏳|stopwatch ⏱️|timer_clock ⏲️|clock1 🕐|alarm_clock ⏰|watch ⌚
large_green_circle 🟢|large_yellow_circle 🟡|large_orange_circle 🟠|red_circle 🔴|large_blue_circle 🔵|white_circle ⚪|black_circle ⚫
large_green_square 🟩|large_yellow_square 🟨|large_red_square 🟥|white_large_square ⬜|black_large_square ⬛|white_small_square ▫️
arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️|arrow_down ⬇️|arrow_forward ▶️|pause_button ⏸️|double_vertical_bar ⏸️|repeat 🔁
arrows_counterclockwise 🔄|leftwards_arrow_with_hook ↩️|rewind ⏪|fast_forward ⏩|black_square_for_stop ⏹️|next_track_button ⏭️
lock 🔒|unlock 🔓|key 🔑|closed_lock_with_key 🔐|shield 🛡️|pushpin 📌|paperclip 📎|link 🔗|mag 🔍|bulb 💡|gear ⚙️|wrench 🔧
hammer 🔨|hammer_and_wrench 🛠️|package 📦|floppy_disk 💾|cd 💿|file_folder 📁|page_facing_up 📄|scroll 📜|clipboard 📋|memo 📝
pencil2 ✏️|bar_chart 📊|chart_with_upwards_trend 📈|calendar 📅|inbox_tray 📥|outbox_tray 📤|wastebasket 🗑️|card_file_box 🗃️
cloud ☁️|sunny ☀️|seedling 🌱|construction 🚧|vertical_traffic_light 🚦|traffic_light 🚥|rocket 🚀|robot_face 🤖|computer 💻|satellite 📡
information_source ℹ️|question ❓|grey_question ❔|exclamation ❗|heavy_exclamation_mark ❗|heavy_plus_sign ➕|heavy_minus_sign ➖|heavy_multiplication_x ✖️
eyes 👀|wave 👋|thumbsup 👍|+1 👍|thumbsdown 👎|-1 👎|raised_hand ✋|hand ✋|ok_hand 👌|clap 👏|pray 🙏|muscle 💪|point_right 👉
bust_in_silhouette 👤|busts_in_silhouette 👥|smile 😄|slightly_smiling_face 🙂|thinking_face 🤔|sweat_smile 😅|sob 😭|scream 😱|heart ❤️|tada 🎉|sparkles ✨|star ⭐|100 💯
one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|speech_balloon 💬|loudspeaker 📢|mega 📣|label 🏷️|small_blue_diamond 🔹|small_orange_diamond 🔸|fast 💨|zzz 💤|skull 💀`;

const EMOJI = new Map(
  TABLE.split(/[|\n]/)
    .map((entry) => entry.trim().split(' '))
    .filter(([code, sign]) => code && sign),
);

/** The sign of a code, or undefined. */
export const emoji = (code) => EMOJI.get(code.replace(/::skin-tone-\d$/, ''));

/** Replaces the codes in plain text. */
export function withEmoji(text) {
  return text.replace(/(?<!\w):([a-z0-9_+'-]+):/g, (whole, code) => emoji(code) ?? whole);
}
