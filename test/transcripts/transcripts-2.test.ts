import { flyPart } from './fly.ts'

flyPart(2, 4)
